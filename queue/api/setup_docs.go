package api

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// setupDocs says in the description what the members of a setup mean. Package
// queue names them; it knows nothing of descriptions.
func setupDocs() map[string]string {
	return map[string]string{
		"Setup.office":     "Short id of the office, which it keeps: lower case letters, digits, dashes",
		"Setup.name":       "Vietnamese name",
		"Setup.name_en":    "English name",
		"Setup.address":    "Where citizens come",
		"Setup.trial":      "Being tried out: tickets issued meanwhile carry trial, and stay out of reports and estimates",
		"Setup.time_zone":  "IANA name, Asia/Ho_Chi_Minh; the business day is counted here",
		"Setup.agencies":   "Departments that share the hall; none = the office is one",
		"Setup.services":   "The lines, each with its own number series",
		"Setup.procedures": "What citizens come for; several share one service",
		"Setup.counters":   "The desks",
		"Setup.hours":      "Opening hours by weekday; none = around the clock",
		"Setup.days":       "Dates with hours of their own: holidays, make-up days, short days",
		"Setup.rates":      "How fast each class gains precedence while it waits",
		"Setup.rules":      "Limits on the life of a ticket; 0 or absent = the default",
		"Setup.by_value":   "Say A012 as \"A mười hai\" instead of digit by digit",
		"Setup.region":     "Speech region: north, central, south",

		"Setup.zones": "Parts of the hall with loudspeakers of their own; none = one for all",

		"Setup.kiosk": "The machines in the hall",

		"SetupKioskSetup.hotline":    "Printed on the paper",
		"SetupKioskSetup.sms":        "How to ask for the standing by message; {number} and {code} are filled in",
		"SetupKioskSetup.notice":     "The office's own line on the paper",
		"SetupKioskSetup.notice_en":  "The same in English",
		"SetupKioskSetup.second":     "Second language of the paper; absent = English, - = none",
		"SetupKioskSetup.paper":      "Parts of the paper from top to bottom; none = all",
		"SetupKioskSetup.pictograms": "Field → name of a pictogram; absent = guessed from the field's name",
		"SetupKioskSetup.texts":      "Language → field or id of a procedure → its name in that language",
		"SetupKioskSetup.millimetre": "CSS pixels to the millimetre of the screen; 2.71 if absent",
		"SetupKioskSetup.silent":     "Numbers are spoken only to those who asked for the voice",
		"SetupKioskSetup.age":        "From which age a scanned citizen card gives priority; 60 if absent",

		"Setup.boards":               "The screens in the hall that have a name; none = /board shows everything",
		"SetupBoardSetup.id":         "In its address, /board?name=hall-1: lower case letters, digits, dashes",
		"SetupBoardSetup.name":       "Where it hangs",
		"SetupBoardSetup.language":   "Of what it shows; vi if absent",
		"SetupBoardSetup.counters":   "Whose calls it shows; none = all",
		"SetupBoardSetup.services":   "Whose waiting it shows; none = all",
		"SetupBoardSetup.hide":       "Parts that it does not show",
		"SetupBoardSetup.ticker":     "Sentences shown one after another",
		"SetupBoardSetup.ticker_en":  "The same in English",
		"SetupBoardSetup.playlist":   "Pictures and videos, in order",
		"SetupBoardSetup.distance":   "Metres from which the numbers must be read; 15 if absent",
		"SetupBoardSetup.diagonal":   "Of the screen, in inches; 55 if absent",
		"SetupBoardSetup.directions": "Counter → left, right, ahead or back, as seen by who looks at this board",
		"SetupBoardSetup.zone":       "Whose calls it sounds; the first zone's if absent",
		"SetupBoardMedium.file":      "Which of the pictures and videos that were uploaded",
		"SetupBoardMedium.seconds":   "How long it is shown; 0 = 10 for a picture, the whole of a video",

		"SetupProcedure.bring":    "What to bring, one paper a line",
		"SetupProcedure.bring_en": "The same in English",
		"SetupProcedure.fee":      "Fee, as people read it",
		"SetupProcedure.fee_en":   "The same in English",
		"SetupProcedure.takes":    "Time limit, as people read it",
		"SetupProcedure.takes_en": "The same in English",
		"SetupProcedure.also":     "Other words that people look for it by",

		"Setup.rating":              "How citizens say what they thought of the service",
		"SetupRatingSetup.levels":   "What is offered, each on the common scale of 1, the worst, to 5; none = all five in the usual words",
		"SetupRatingSetup.reasons":  "What may have been wrong; none = the usual ones",
		"SetupRatingSetup.minutes":  "How long after it was served a ticket may be rated; until its day ends if absent",
		"SetupRatingSetup.low":      "This level and those below alarm the supervisor; 2 if absent, -1 = none does",
		"SetupRatingSetup.least":    "The average is public from so many ratings on; 20 if absent",
		"SetupRatingLevel.level":    "1, the worst, to 5",
		"SetupRatingLevel.name":     "What it is called",
		"SetupRatingLevel.name_en":  "The same in English",
		"SetupRatingReason.name":    "What it is called; the log keeps this",
		"SetupRatingReason.name_en": "The same in English",

		"Setup.phone": "What callers hear and may choose; absent = a menu of the services",

		"SetupPhoneSetup.menu":      "What callers choose from first; none = built from the services",
		"SetupPhoneSetup.prompts":   "Language → id of a prompt → what is said instead",
		"SetupPhoneSetup.operator":  "Who answers key 0: a SIP address or an extension; empty = nobody",
		"SetupPhoneSetup.general":   "Id of the service that a caller who presses nothing is given a number of; empty = none",
		"SetupPhoneSetup.languages": "Offered beside Vietnamese, BCP 47",
		"SetupPhoneSetup.callback":  "Limits on calling citizens",

		"SetupPhoneOption.key":      "1 to 8; 9, 0, * and # mean the same everywhere",
		"SetupPhoneOption.kind":     "service, menu, mine, lookup, …",
		"SetupPhoneOption.label":    "Language → what it is called; absent = the service's own name",
		"SetupPhoneOption.service":  "Id of the service, for kind service",
		"SetupPhoneOption.text":     "Language → what is said, for kind notice",
		"SetupPhoneOption.language": "For kind language: which one, BCP 47",
		"SetupPhoneOption.menu":     "The level below, for kind menu",

		"SetupPhoneCallback.off":      "Nobody is called",
		"SetupPhoneCallback.ahead":    "Call when so many are left before the ticket; 3 if absent",
		"SetupPhoneCallback.attempts": "Calls per ticket at most",
		"SetupPhoneCallback.from":     "No calls earlier in the day, 07:00",
		"SetupPhoneCallback.to":       "No calls later",

		"SetupZone.id":       "Lower case letters, digits, dashes",
		"SetupZone.name":     "What the office calls it",
		"SetupZone.counters": "Whose calls are heard there; none = of all that no other zone names",
		"SetupZone.volume":   "dB beside the usual level, -40 to 6",
		"SetupZone.readings": "How often a call is read, 1 to 3; 2 if absent",
		"SetupZone.quiet":    "Times of the day at which it is quieter, or silent",

		"SetupQuietTime.from":   "11:30",
		"SetupQuietTime.to":     "13:30, later on the same day; 24:00 is its end",
		"SetupQuietTime.volume": "dB beside the zone's level, -40 to 0",
		"SetupQuietTime.silent": "No sound at all: the boards show the call",

		"SetupPlace.room":      "201",
		"SetupPlace.floor":     "2",
		"SetupPlace.direction": "From where people wait: left, right, ahead, back",

		"SetupAgency.id":      "Lower case letters, digits, dashes",
		"SetupAgency.name":    "Vietnamese name",
		"SetupAgency.name_en": "English name",

		"SetupService.id":      "The printed letter: one to three capitals",
		"SetupService.name":    "Vietnamese name",
		"SetupService.name_en": "English name",
		"SetupService.agency":  "Id of the agency whose line it is",
		"SetupService.closed":  "Gives no numbers; those waiting are still served",
		"SetupService.first":   "The day's first number; 1 if absent",
		"SetupService.last":    "The day's last number; no end if absent",
		"SetupService.quota":   "Numbers a day; no limit if absent",
		"SetupService.quotas":  "Numbers a day by channel; 0 closes the channel, absent = no limit",
		"SetupService.target":  "Minutes that nobody should wait longer; 30 if absent",

		"SetupProcedure.id":       "Short id",
		"SetupProcedure.field":    "Field (lĩnh vực), Vietnamese",
		"SetupProcedure.field_en": "Field, English",
		"SetupProcedure.name":     "Vietnamese name",
		"SetupProcedure.name_en":  "English name",
		"SetupProcedure.service":  "Id of its service",

		"SetupCounter.id":       "The printed number",
		"SetupCounter.name":     "What the office calls it",
		"SetupCounter.agency":   "Id of the agency whose staff work here",
		"SetupCounter.services": "Ids of the services it serves",
		"SetupCounter.place":    "Where it is; said and shown with every call",
		"SetupCounter.helps":    "Ids of the services it serves only as a help; see help_factor",

		"SetupHours.day":  "Weekday, 0 = Sunday to 6 = Saturday",
		"SetupHours.from": "07:30",
		"SetupHours.to":   "11:30, later on the same day; 24:00 is its end",

		"SetupDay.date":    "2027-02-06",
		"SetupDay.name":    "Vietnamese name of the day",
		"SetupDay.name_en": "English name",
		"SetupDay.hours":   "Its sessions; none = closed",
		"SetupSpan.from":   "07:30",
		"SetupSpan.to":     "11:30, later on the same day; 24:00 is its end",

		"SetupRates.normal":      "Everybody's",
		"SetupRates.appointment": "At a booked time; 1 to 4 times the normal one",
		"SetupRates.priority":    "By law; 1 to 4 times the normal one",

		"SetupRules.check_in":          "Tickets from afar are called only once their holder has checked in",
		"SetupRules.remote_until":      "16:00: tickets from afar whose holder has not come by then expire",
		"SetupRules.calls_most":        "Calls and recalls of one ticket; 5 if absent",
		"SetupRules.no_show_seconds":   "A ticket called so often is a no-show so long after the latest call; staff decide if absent",
		"SetupRules.later_most":        "How often a ticket may be put back; 2 if absent",
		"SetupRules.restore_minutes":   "How long a no-show may be restored; 30 if absent",
		"SetupRules.undo_seconds":      "How long the latest action of staff may be undone; 60 if absent",
		"SetupRules.person_most":       "Numbers per person and day, over all channels; not counted if absent",
		"SetupRules.organisation_most": "The same for organisations (org:…); as person_most if absent",
		"SetupRules.last_minutes":      "No numbers so long before the day's last session ends",
		"SetupRules.stop_too_late":     "No more numbers of a service once, by the estimated wait, the next would be called too late in the day; staff may resume",
		"SetupRules.card_only":         "Priority only with a card or by staff; else on the citizen's word, which staff check",
		"SetupRules.auto_call":         "A free counter calls by itself, the longest idle first; else staff press",
		"SetupRules.auto_call_seconds": "How long a counter is left in peace before that",
		"SetupRules.help_factor":       "A counter helps a line whose first waits at least so many times as long as its own; 1 if absent",
	}
}

// documentSetup puts the meanings into the schemas.
func documentSetup(schemas map[string]*huma.Schema) {
	for at, text := range setupDocs() {
		name, member, _ := strings.Cut(at, ".")
		if schema := schemas[name]; schema != nil && schema.Properties[member] != nil {
			schema.Properties[member].Description = text
		}
	}
}
