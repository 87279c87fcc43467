package queue

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPhoneSetupValidates(t *testing.T) {
	deep := []PhoneOption{{Key: "1", Kind: PhoneService, Service: "A"}}
	for range maxPhoneLevels {
		deep = []PhoneOption{{Key: "5", Kind: PhoneMenu, Menu: deep}}
	}
	many := map[string]string{}
	for range maxPhonePrompts + 1 {
		many[strings.Repeat("a", len(many)+1)] = "x"
	}
	option := func(o PhoneOption) PhoneSetup { return PhoneSetup{Menu: []PhoneOption{o}} }
	for name, tt := range map[string]struct {
		phone PhoneSetup
		code  Code
	}{
		"nothing":            {PhoneSetup{}, ""},
		"extension":          {PhoneSetup{Operator: "100"}, ""},
		"address":            {PhoneSetup{Operator: "sip:100@10.0.0.2:5060;transport=tcp"}, ""},
		"secure address":     {PhoneSetup{Operator: "sips:lan@pbx.example.vn"}, ""},
		"header in address":  {PhoneSetup{Operator: "sip:100@10.0.0.2?Replaces=x"}, CodeBadRequest},
		"new line":           {PhoneSetup{Operator: "sip:100@10.0.0.2\r\nX: y"}, CodeBadRequest},
		"no host":            {PhoneSetup{Operator: "sip:100"}, CodeBadRequest},
		"another scheme":     {PhoneSetup{Operator: "http:100@10.0.0.2"}, CodeBadRequest},
		"long":               {PhoneSetup{Operator: strings.Repeat("1", maxOperator+1)}, CodeBadRequest},
		"general":            {PhoneSetup{General: "A"}, ""},
		"no such general":    {PhoneSetup{General: "X"}, CodeUnknownService},
		"language":           {PhoneSetup{Languages: []string{"en", "zh-Hans"}}, ""},
		"language twice":     {PhoneSetup{Languages: []string{"en", "en"}}, CodeBadRequest},
		"no language":        {PhoneSetup{Languages: []string{"tiếng Anh"}}, CodeBadRequest},
		"prompt":             {PhoneSetup{Prompts: map[string]map[string]string{"vi": {"goodbye": "Xin chào."}}}, ""},
		"prompt id":          {PhoneSetup{Prompts: map[string]map[string]string{"vi": {"Good bye": "Xin chào."}}}, CodeBadRequest},
		"prompt too long":    {PhoneSetup{Prompts: map[string]map[string]string{"vi": {"goodbye": strings.Repeat("x", maxPhoneText+1)}}}, CodeBadRequest},
		"control character":  {PhoneSetup{Prompts: map[string]map[string]string{"vi": {"goodbye": "a\x00"}}}, CodeBadRequest},
		"too many prompts":   {PhoneSetup{Prompts: map[string]map[string]string{"vi": many}}, CodeBadRequest},
		"service":            {option(PhoneOption{Key: "1", Kind: PhoneService, Service: "A"}), ""},
		"no such service":    {option(PhoneOption{Key: "1", Kind: PhoneService, Service: "X"}), CodeUnknownService},
		"key 9":              {option(PhoneOption{Key: "9", Kind: "mine"}), CodeBadRequest},
		"two keys":           {option(PhoneOption{Key: "12", Kind: "mine"}), CodeBadRequest},
		"same key":           {PhoneSetup{Menu: []PhoneOption{{Key: "1", Kind: "mine"}, {Key: "1", Kind: "hours"}}}, CodeBadRequest},
		"empty level":        {option(PhoneOption{Key: "1", Kind: PhoneMenu}), CodeBadRequest},
		"too deep":           {PhoneSetup{Menu: deep}, CodeBadRequest},
		"no kind":            {option(PhoneOption{Key: "1"}), CodeBadRequest},
		"service of nothing": {option(PhoneOption{Key: "1", Kind: "mine", Service: "A"}), CodeBadRequest},
		"calls":              {PhoneSetup{Callback: PhoneCallback{Ahead: 5, Attempts: 2, From: "08:00", To: "17:00"}}, ""},
		"hours turned round": {PhoneSetup{Callback: PhoneCallback{From: "21:00"}}, CodeBadRequest},
		"too many attempts":  {PhoneSetup{Callback: PhoneCallback{Attempts: 50}}, CodeBadRequest},
		"negative":           {PhoneSetup{Callback: PhoneCallback{Ahead: -1}}, CodeBadRequest},
	} {
		setup := CommuneCentre()
		setup.Phone = tt.phone
		if got := ErrorCode(setup.validate()); got != tt.code {
			t.Errorf("%s: %q, want %q", name, got, tt.code)
		}
	}
}

func drawOptions(t *rapid.T, levels int) []PhoneOption {
	texts := rapid.MapOfN(rapid.SampledFrom([]string{"vi", "en"}), rapid.String(), 1, 2)
	var list []PhoneOption
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"1", "2", "3"}), 1, 3, rapid.ID).Draw(t, "keys") {
		o := PhoneOption{Key: key, Kind: "mine", Label: texts.Draw(t, "label"), Text: texts.Draw(t, "text")}
		if levels > 0 {
			o.Kind, o.Menu = PhoneMenu, drawOptions(t, levels-1)
		}
		list = append(list, o)
	}
	return list
}

// A clone shares nothing, and the JSON form keeps everything.
func TestPhoneSetupClone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := PhoneSetup{
			Menu: drawOptions(t, 2), Languages: []string{"en"}, Operator: "100",
			Prompts: map[string]map[string]string{"vi": {"goodbye": rapid.String().Draw(t, "text")}},
		}
		before, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var back PhoneSetup
		if err := json.Unmarshal(before, &back); err != nil || !reflect.DeepEqual(back, p) {
			t.Fatalf("came back as %+v, %v", back, err)
		}
		c := p.clone()
		if !reflect.DeepEqual(c, p) {
			t.Fatalf("cloned as %+v", c)
		}
		c.Menu[0].Menu[0].Key, c.Languages[0] = "8", "km"
		c.Menu[0].Label["vi"], c.Menu[0].Menu[0].Text["en"], c.Prompts["vi"]["goodbye"] = "?", "?", "?"
		if after, _ := json.Marshal(p); string(after) != string(before) {
			t.Fatalf("changed with its clone: %s", after)
		}
	})
}
