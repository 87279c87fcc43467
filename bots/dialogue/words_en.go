package dialogue

// english words every message for visitors.
func english() words {
	return words{
		text: map[Kind]string{
			Welcome:       "Welcome! Here you take a number at {office}.\nChoose below what you come for, or write “take”.\nWe keep only the id of this chat, until some hours after your visit; an office that limits numbers per person keeps it with your number until the day ends. Messages pass through the chat app's servers. Write “forget” and the assistant erases it at once.",
			Choose:        "What do you come for? Choose below, or write “take” and the letter, for example “take A”.",
			NoTicket:      "You hold no number that is waiting. Write “take” to take one.",
			AskCancel:     "Give up number {number}? You would lose your place. Write “yes” to give it up, “no” to keep it.",
			WhichCancel:   "You hold the numbers {number}. Which one do you want to give up?",
			CancelDone:    "Number {number} is given up. Write “take” when you need a new one.",
			CancelTooLate: "Number {number} can no longer be given up: it was called or is over. If you cannot come, you need not do anything.",
			Kept:          "You keep number {number}. Write “?” to see how many are ahead.",
			HelpText:      "You can write:\n• take – take a number (for example: take A)\n• where, or ? – how many are ahead\n• cancel – give up your number\n• forget – the assistant erases this chat\n• tiếng Việt – change to Vietnamese",
			LanguageSet:   "From now on we write in English. Write “take” to take a number.",
			Forgotten:     "The assistant has erased this chat and will not write again. An office that limits numbers per person keeps the chat's id with your number until the day ends. A number that still waits stays valid: please watch the board.",
			ShortMenu:     "Sorry, I did not understand. Write: take · where · cancel · help.",
			PrivateOnly:   "Xin nhắn riêng cho tôi để lấy số. Please message me privately to take a number: press my name, then “Message”.",
			TooOld:        "Your message arrived while the system was stopped, so no number was taken. If you still need one, choose below or write “take”.",
			OfficeClosed:  "{office} is closed now and gives no numbers. Please write “take” again during opening hours.",
			ServiceClosed: "{service}: no numbers at the moment. Write “take” to choose something else, or ask at the information desk.",
			ServiceFull:   "{service}: all numbers of today are given out. Please write “take” again on the next working day, or ask at the information desk if it is urgent.",
			ChannelFull:   "{service}: all numbers for chat are given out today. Please take one at the kiosk or the information desk of {office}.",
			Stopped:       "{office} gives no more numbers today. Please write “take” again on the next working day, or ask at the information desk if it is urgent.",
			CardNeeded:    "Priority needs a valid priority card or a member of staff. Please take your papers to the information desk, or write “take” for an ordinary number.",
			NotAllowed:    "You have taken as many numbers as one may today. Write “?” to see the ones you hold, or go to the information desk.",
			Busy:          "The system is busy and could not do this. A number you hold is not lost. Please write again in a minute, or take a number at the information desk.",
			Lapsed:        "Number {number} could not be told to you in time and is no longer valid. Please write “take” for a new one.",
			Nearly:        "Number {number}: it is nearly your turn. {place}",
			Called:        "Number {number}, please come to counter {counter}{where}.",
			Recalled:      "Once more: number {number}, please come to counter {counter}{where}.",
			Done:          "Number {number} is done. Thank you.",
			Missed:        "Number {number} was called and you were not there. Please go to counter {counter} or to the information desk.",
			Withdrawn:     "Number {number} was cancelled. If you still need one, write “take” or ask at the information desk.",
		},
		labels: labels{
			refresh: "Refresh", cancel: "Give up", sure: "Give up %s", keep: "Keep it", take: "Take a number", help: "Help",
			otherLanguage: "Tiếng Việt", otherCode: "vi",
		},
		card: cardWords{
			number: "Your number: %s", held: "You already hold number: %s", service: "Line: %s",
			next: "You are next. Please be in the waiting room.", near: "People ahead of you: %d. Please be in the waiting room.",
			ahead: "People ahead of you: %d.", unknown: "Waiting for your turn.", estimate: "About %d–%d minutes.",
			called: "Please come to counter %s%s.", serving: "Being served at counter %s.", parked: "Set aside; you will be called again.",
			completed: "Done. Thank you.", missed: "Your turn has passed. Please go to the information desk.", missedAt: "Your turn has passed. Please go to counter %s or to the information desk.",
			cancelled: "This number was given up. Write “take” for a new one.", expired: "This number is no longer valid. Write “take” for a new one.",
			code: "Lookup code: %s", url: "Follow it live: %s",
		},
		updated: "Updated at %s",
		opens:   "Numbers are given again at %s.",
	}
}
