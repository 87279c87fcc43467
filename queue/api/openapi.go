package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/xinmoi/xinmoi/queue"
)

const bearerScheme = "token"

// OpenAPI gives the description of the interface, OpenAPI 3.1 in JSON.
func OpenAPI() ([]byte, error) {
	spec := New(Config{}).spec
	if len(spec) == 0 {
		return nil, fmt.Errorf("api: the description cannot be written")
	}
	var out bytes.Buffer
	if err := json.Indent(&out, spec, "", "  "); err != nil {
		return nil, fmt.Errorf("api: write description: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// newHuma makes the framework's part: no pages, no links into the answers,
// no global settings.
func newHuma(mux *http.ServeMux) huma.API {
	schemas := huma.NewMapRegistry("#/components/schemas/", schemaName)
	schemas.Schema(reflect.TypeFor[Problem](), true, "")
	return humago.NewWithPrefix(mux, Prefix, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "xinmoi", Version: "1",
				Description: "Take-a-number system of Vietnamese public offices. Lists are bare arrays, " +
					"ids are strings, times are RFC 3339 in UTC, unknown is null. Within v1 fields are only added.",
			},
			Components: &huma.Components{
				Schemas: schemas,
				SecuritySchemes: map[string]*huma.SecurityScheme{bearerScheme: {
					Type: "http", Scheme: "bearer",
					Description: "A device token (xinmoi token -role …), or the token of a ticket's own link",
				}},
			},
		},
		Formats: map[string]huma.Format{
			"application/json": huma.DefaultJSONFormat,
			"json":             huma.DefaultJSONFormat,
		},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{transform},
	})
}

// schemaName names a type in the description: ticketJSON is Ticket there, and
// queue.Service, which is part of a setup, SetupService.
func schemaName(t reflect.Type, hint string) string {
	name := strings.TrimSuffix(huma.DefaultSchemaNamer(t, hint), "JSON")
	if setup := reflect.TypeFor[queue.Setup](); t.PkgPath() == setup.PkgPath() && t != setup {
		return setup.Name() + name
	}
	return name
}

// describe finishes the description when all operations are in it, and gives
// it in JSON; nil if it cannot be written.
func describe(o *huma.OpenAPI) []byte {
	schemas := o.Components.Schemas.Map()
	delete(schemas, "ErrorModel") // The framework's; every answer is a Problem.
	delete(schemas, "ErrorDetail")
	documentSetup(schemas)
	strict := map[string]bool{}
	for name := range schemas {
		if strings.HasSuffix(name, "Body") {
			reach(schemas, name, strict)
		}
	}
	for name, schema := range schemas {
		if !strict[name] {
			schema.AdditionalProperties = nil // Answers may grow.
		}
	}
	spec, err := json.Marshal(o)
	if err != nil {
		return nil
	}
	return spec
}

// within is what a list or a map is of; nil for anything else.
func within(s *huma.Schema) *huma.Schema {
	if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
		return values
	}
	return s.Items
}

// reach marks a schema and all that it refers to.
func reach(schemas map[string]*huma.Schema, name string, reached map[string]bool) {
	if reached[name] || schemas[name] == nil {
		return
	}
	reached[name] = true
	for _, p := range schemas[name].Properties {
		for s := p; s != nil; s = within(s) {
			if s.Ref != "" {
				reach(schemas, s.Ref[strings.LastIndex(s.Ref, "/")+1:], reached)
			}
		}
	}
}

func (s *Server) serveSpec(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(s.spec)
}
