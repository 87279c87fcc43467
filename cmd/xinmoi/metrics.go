package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/xinmoi/xinmoi/ivr/ops"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
)

// metricsPath is where a metrics system (Prometheus) reads.
const metricsPath = "/metrics"

// scrapeTime bounds how long a part may take to tell its figures.
const scrapeTime = 2 * time.Second

// collectors are what /metrics tells; a part adds itself with one line. No
// label may hold anything of a person, and each must be bounded.
func (a *app) collectors() []prometheus.Collector {
	return []prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "xinmoi_build", Help: "Always 1; the label tells the version.", ConstLabels: prometheus.Labels{"version": version()},
		}, func() float64 { return 1 }),
		partFigures{a.callFigures},
		partFigures{a.calloutFigures},
		partFigures{a.trunkFigures},
		partFigures{a.operatorFigures},
		partFigures{a.queueFigures},
		partFigures{a.dayFigures},
		partFigures{a.estimateFigures},
		partFigures{a.deviceFigures},
		a.store.commits,
	}
}

// figureSource gives the figures of a part as they are now.
type figureSource func(give func(prometheus.Metric))

// partFigures asks a part for its figures whenever somebody reads them, so
// that a part needs to know nothing of metrics.
type partFigures struct{ read figureSource }

// Describe implements prometheus.Collector: what is told depends on the office.
func (partFigures) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (f partFigures) Collect(to chan<- prometheus.Metric) {
	f.read(func(m prometheus.Metric) { to <- m })
}

// gauge and counter are one figure each; labels come as name, value, ….
func gauge(name, help string, v float64, labels ...string) prometheus.Metric {
	return metric(prometheus.GaugeValue, name, help, v, labels)
}

func counter(name, help string, v float64, labels ...string) prometheus.Metric {
	return metric(prometheus.CounterValue, name, help, v, labels)
}

func metric(kind prometheus.ValueType, name, help string, v float64, labels []string) prometheus.Metric {
	desc := prometheus.NewDesc(name, help, nil, labelsOf(labels))
	m, err := prometheus.NewConstMetric(desc, kind, v)
	if err != nil {
		return prometheus.NewInvalidMetric(desc, err)
	}
	return m
}

func histogram(name, help string, h ops.Histogram) prometheus.Metric {
	desc := prometheus.NewDesc(name, help, nil, nil)
	m, err := prometheus.NewConstHistogram(desc, h.N, h.Sum, h.Cumulative())
	if err != nil {
		return prometheus.NewInvalidMetric(desc, err)
	}
	return m
}

func labelsOf(pairs []string) prometheus.Labels {
	if len(pairs) == 0 {
		return nil
	}
	labels := prometheus.Labels{}
	for i := 0; i+1 < len(pairs); i += 2 {
		labels[pairs[i]] = pairs[i+1]
	}
	return labels
}

// callFigures is how telephone calls went since the program began.
func (a *telephone) callFigures(give func(prometheus.Metric)) {
	t := a.calls.Totals()
	give(gauge("xinmoi_calls_live", "Calls being talked now.", float64(t.Live)))
	give(counter("xinmoi_calls_answered_total", "Calls that were answered.", float64(t.Answered), "direction", "in"))
	give(counter("xinmoi_calls_answered_total", "Calls that were answered.", float64(t.Called), "direction", "out"))
	give(counter("xinmoi_call_numbers_taken_total", "Numbers reserved by telephone.", float64(t.Taken)))
	give(counter("xinmoi_call_numbers_kept_total", "Numbers that callers kept.", float64(t.Kept)))
	give(counter("xinmoi_call_faults_total", "Things that could not be done or said in a call.", float64(t.Failed)))
	for place, n := range t.KeptAt {
		give(counter("xinmoi_calls_kept_total", "Calls in which a number was kept, by where they ended.", float64(n), "place", place))
	}
	for place, n := range t.Left {
		give(counter("xinmoi_calls_abandoned_total", "Callers who hung up without keeping a number, by where.", float64(n), "place", place))
	}
	for code, n := range t.Refused {
		give(counter("xinmoi_sip_refused_total", "Calls that were refused, by the SIP status of the answer.", float64(n), "code", code))
	}
	if a.sip != nil {
		give(counter("xinmoi_sip_dropped_total", "Messages that were no SIP, too many, or from strangers, and were not even answered.", float64(a.sip.Dropped())))
	}
	give(histogram("xinmoi_call_seconds", "How long calls lasted.", t.Seconds))
	give(histogram("xinmoi_call_loss_ratio", "Share of sound packets lost on the way to the caller (RTCP), by call.", t.Loss))
	give(histogram("xinmoi_call_jitter_seconds", "Jitter at the caller (RTCP), by call.", t.Jitter))
	give(histogram("xinmoi_call_mos", "Estimated quality of the sound, 1 to 4.5 (ITU-T G.107), by call.", t.MOS))
}

// trunkFigures is how the lines to the telephone network are.
func (a *telephone) trunkFigures(give func(prometheus.Metric)) {
	if a.trunks == nil {
		return
	}
	for _, s := range a.trunks.Status() {
		up := 0.0
		if s.State.Usable() {
			up = 1
		}
		give(gauge("xinmoi_trunk_up", "1 while calls can come and go by a trunk.", up, "trunk", s.Name))
		give(counter("xinmoi_trunk_down_total", "Times that a trunk stopped working.", float64(a.changes.fallen(s.Name)), "trunk", s.Name))
	}
}

// queueFigures is how the office is right now. An office that does not answer
// tells nothing, which a metrics system notices.
func (a *app) queueFigures(give func(prometheus.Metric)) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	if services, err := a.engine.Services(ctx); err == nil {
		for _, s := range services {
			give(gauge("xinmoi_queue_waiting", "Tickets waiting, by service.", float64(s.Waiting), "service", s.ID))
		}
	}
	if counters, err := a.engine.Counters(ctx); err == nil {
		states := map[queue.CounterState]int{queue.Opened: 0, queue.Paused: 0, queue.Closed: 0}
		for _, c := range counters {
			states[c.State]++
		}
		for state, n := range states {
			give(gauge("xinmoi_queue_counters", "Counters, by what they are doing.", float64(n), "state", string(state)))
		}
	}
}

// metrics serves the figures to programs of this machine and to holders of an
// administrator's token. What came through a proxy is not of this machine.
func (a *app) metrics() (http.Handler, error) {
	registry := prometheus.NewPedanticRegistry()
	for _, c := range a.collectors() {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	figures := promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 2 * scrapeTime, ErrorHandling: promhttp.ContinueOnError})
	guarded := a.api.Need(api.SeeMetrics)(figures)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if ofThisMachine(r) {
			figures.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	}), nil
}

// ofThisMachine reports whether a request comes from here, and from nowhere
// else through a proxy.
func ofThisMachine(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && net.ParseIP(host).IsLoopback()
}
