// Checks dashboards by Grafana's own types: unknown fields, wrong types and missing ones, also inside panels and queries.
// Arguments: the files. Ends with 1 and a line for each that is wrong.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func check(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var board dashboard.Dashboard
	if err := wrong(board.UnmarshalJSONStrict(data)); err != nil {
		return err
	}
	return wrong(board.Validate())
}

// The types return an empty list of errors where there is none.
func wrong(err error) error {
	var all cog.BuildErrors
	if errors.As(err, &all) && len(all) == 0 {
		return nil
	}
	return err
}

func main() {
	plugins.RegisterDefaultPlugins()
	bad := 0
	for _, name := range os.Args[1:] {
		if err := check(name); err != nil {
			bad++
			fmt.Printf("%s: %v\n", name, err)
		}
	}
	if bad > 0 {
		os.Exit(1)
	}
}
