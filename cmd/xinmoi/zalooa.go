package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/xinmoi/xinmoi/bots/zalooa"
	"github.com/xinmoi/xinmoi/queue/web"
)

// zaloOAConfig is the office's Official Account on Zalo.
type zaloOAConfig struct {
	AppID         string `toml:"app_id"`
	AppSecretFile string `toml:"app_secret_file"`
	OASecretFile  string `toml:"oa_secret_file"`
	RefreshFile   string `toml:"refresh_token_file"`
	Template      string `toml:"template"`
	Name          string `toml:"name"`
	PerMonth      int    `toml:"messages_per_month"`
	APIURL        string `toml:"api_url"`
	LoginURL      string `toml:"login_url"`
	TemplateURL   string `toml:"template_url"`
}

// zaloOATokens is the file in the data folder that the tokens lie in.
const zaloOATokens = "zalo-oa.json"

// open makes the adapter; nil if there is to be no account.
func (c zaloOAConfig) open(data, publicURL string) (*zalooa.Adapter, error) {
	if c.AppID == "" {
		return nil, nil
	}
	if !strings.HasPrefix(publicURL, "https://") {
		return nil, errors.New("zalo_oa.app_id: Zalo reaches webhooks by a public https:// address alone: give it as http.public_url")
	}
	if c.PerMonth < 0 {
		return nil, fmt.Errorf("zalo_oa.messages_per_month: %d: give how many messages the office pays for, or 0", c.PerMonth)
	}
	z := zalooa.Config{
		AppID: c.AppID, Tokens: filepath.Join(data, zaloOATokens), Template: c.Template, Office: c.Name,
		Server: c.APIURL, Login: c.LoginURL, Templates: c.TemplateURL, PerMonth: c.PerMonth,
	}
	var err error
	for _, f := range []struct {
		key, file string
		secret    *string
	}{{"app_secret_file", c.AppSecretFile, &z.AppSecret}, {"oa_secret_file", c.OASecretFile, &z.OASecret}, {"refresh_token_file", c.RefreshFile, &z.Refresh}} {
		if f.file == "" && f.secret == &z.Refresh {
			continue // The consent is given in /admin.
		}
		if *f.secret, err = secretIn("zalo_oa."+f.key, f.file); err != nil {
			return nil, err
		}
	}
	adapter, err := zalooa.New(z)
	if err != nil {
		return nil, fmt.Errorf("zalo_oa: %w", err)
	}
	return adapter, nil
}

func zaloOALine(c config, data string) (*chatLine, error) {
	z, err := c.ZaloOA.open(data, c.HTTP.PublicURL)
	if z == nil || err != nil {
		return nil, err
	}
	if c.Zalo.TokenFile != "" {
		return nil, errors.New("zalo_oa.app_id: there is a bot as well (zalo.token_file): for citizens both are Zalo, so give one of them")
	}
	name, nameEN := c.ZaloOA.Name, c.ZaloOA.Name
	if name == "" {
		name, nameEN = "tài khoản của trung tâm", "the centre's account"
	}
	return &chatLine{
		adapter: z, source: z, tend: z.KeepTokens, place: "Zalo OA: " + c.ZaloOA.APIURL,
		door: web.Door{
			Title: "Zalo", TitleEN: "Zalo",
			Text: "Quan tâm " + name + " trên Zalo và nhắn LẤY SỐ.", TextEN: "Follow " + nameEN + " on Zalo and send \"take\".",
		},
	}, nil
}
