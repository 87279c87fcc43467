package holiday

import (
	"math"
	"time"
)

// The Vietnamese lunar calendar: months begin on the day of the new moon at the
// 105th meridian (UTC+7); the eleventh holds the winter solstice; of thirteen
// months between two such, the first without a major solar term is a leap one.
// New moon and sun after Meeus, Astronomical Algorithms (2nd ed.), chapters 49
// and 25 in their short forms: good to a minute or two, which is tried against
// published calendars in the tests.

// zone is the calendar's meridian in days.
const zone = 7.0 / 24

// synodic is the mean length of a month in days.
const synodic = 29.530588861

// newMoon is the Julian day, in universal time, of the k-th new moon after that
// of January 2000.
func newMoon(k int) float64 {
	t := float64(k) / 1236.85
	deg := func(d float64) float64 { return math.Mod(d, 360) * math.Pi / 180 }
	jde := 2451550.09766 + synodic*float64(k) + t*t*(0.00015437+t*(-0.000000150+t*0.00000000073))
	e := 1 - t*(0.002516+t*0.0000074)
	m := deg(2.5534 + 29.10535670*float64(k) - 0.0000014*t*t)
	mm := deg(201.5643 + 385.81693528*float64(k) + t*t*(0.0107582+t*0.00001238))
	f := deg(160.7108 + 390.67050284*float64(k) - t*t*(0.0016118+t*0.00000227))
	om := deg(124.7746 - 1.56375588*float64(k) + 0.0020672*t*t)
	jde += -0.40720*math.Sin(mm) + 0.17241*e*math.Sin(m) + 0.01608*math.Sin(2*mm) + 0.01039*math.Sin(2*f) +
		0.00739*e*math.Sin(mm-m) - 0.00514*e*math.Sin(mm+m) + 0.00208*e*e*math.Sin(2*m) - 0.00111*math.Sin(mm-2*f) -
		0.00057*math.Sin(mm+2*f) + 0.00056*e*math.Sin(2*mm+m) - 0.00042*math.Sin(3*mm) + 0.00042*e*math.Sin(m+2*f) +
		0.00038*e*math.Sin(m-2*f) - 0.00024*e*math.Sin(2*mm-m) - 0.00017*math.Sin(om) - 0.00007*math.Sin(mm+2*m) +
		0.00004*math.Sin(2*mm-2*f) + 0.00004*math.Sin(3*m) + 0.00003*math.Sin(mm+m-2*f) + 0.00003*math.Sin(2*mm+2*f) +
		0.000325*math.Sin(deg(299.77+0.107408*float64(k)-0.009173*t*t)) + 0.000165*math.Sin(deg(251.88+0.016321*float64(k)))
	return jde - behind(t)/86400
}

// behind is by how many seconds the turning earth is behind even time, t
// centuries after 2000; a guess for the time to come.
func behind(t float64) float64 { return 64 + 30*t + 25*t*t }

// sun is the apparent longitude of the sun in degrees at a Julian day.
func sun(jd float64) float64 {
	t := (jd - 2451545) / 36525
	rad := math.Pi / 180
	l := 280.46646 + t*(36000.76983+t*0.0003032)
	m := (357.52911 + t*(35999.05029-t*0.0001537)) * rad
	c := (1.914602-t*(0.004817+t*0.000014))*math.Sin(m) + (0.019993-t*0.000101)*math.Sin(2*m) + 0.000289*math.Sin(3*m)
	apparent := math.Mod(l+c-0.00569-0.00478*math.Sin((125.04-1934.136*t)*rad), 360)
	if apparent < 0 {
		apparent += 360
	}
	return apparent
}

// dayOf numbers the local dates: the one on which a moment of universal time is.
func dayOf(jd float64) int { return int(math.Floor(jd + 0.5 + zone)) }

// midnight is the moment at which a local date begins.
func midnight(day int) float64 { return float64(day) - 0.5 - zone }

// eleventh is the index of the new moon that begins the eleventh month of a
// lunar year which begins in the given year.
func eleventh(year int) int {
	solstice := midnight(dayOf(2451900.05952 + 365.242189623*float64(year-2000))) // That of December 2000 was at JD 2451900.06.
	k := int(math.Floor((solstice-2451550.1)/synodic)) + 1
	for dayOf(newMoon(k)) > solsticeDay(year) {
		k--
	}
	return k
}

// solsticeDay is the local date of the winter solstice.
func solsticeDay(year int) int {
	day := dayOf(2451900.05952+365.242189623*float64(year-2000)) - 3
	for sun(midnight(day+1)) < 270 {
		day++
	}
	return day
}

// term is which twelfth of its way the sun has come to when a local date begins.
func term(day int) int { return int(sun(midnight(day)) / 30) }

// lunar is the date of a day of a month that is no leap month.
func lunar(year, month, day int) time.Time {
	start, end := eleventh(year-1), eleventh(year)
	leap := math.MaxInt
	if end-start == 13 {
		for k := start + 1; k < end; k++ {
			if term(dayOf(newMoon(k))) == term(dayOf(newMoon(k+1))) {
				leap = k
				break
			}
		}
	}
	k := start + month + 1
	if k >= leap {
		k++
	}
	first := dayOf(newMoon(k))
	return time.Unix(int64(first-2440588)*86400, 0).UTC().AddDate(0, 0, day-1)
}
