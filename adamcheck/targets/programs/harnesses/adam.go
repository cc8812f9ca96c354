// An Adam in Go behind adamcheck's protocol: go build adam.go && adamcheck verify "exec:./adam"
package main

import "encoding/json"
import "math"
import "os"
import "strconv"

// Yours: step t = 1, 2, ... of all parameters. Put your function here and call it.
func adam(theta, g, m, v []float64, t, lr, b1, b2, eps float64) {
	for i := range theta {
		m[i], v[i] = b1*m[i]+(1-b1)*g[i], b2*v[i]+(1-b2)*g[i]*g[i]
		theta[i] -= lr * (m[i] / (1 - math.Pow(b1, t))) / (math.Sqrt(v[i]/(1-math.Pow(b2, t))) + eps)
	}
}

// The protocol, which may stay as it is.
type request struct {
	Op         string
	Parameters []string
	Gradients  [][]string
	Hyper      struct{ Lr, Beta1, Beta2, Eps string }
}

func main() {
	var theta, m, v []float64
	var lr, b1, b2, eps, t float64
	read := func(text string) float64 { x, _ := strconv.ParseFloat(text, 64); return x } // what C's %a prints
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for r := (request{}); in.Decode(&r) == nil && r.Op != "stop"; r = (request{}) {
		if h := r.Hyper; r.Op == "start" {
			lr, b1, b2, eps = read(h.Lr), read(h.Beta1), read(h.Beta2), read(h.Eps)
			theta, m, v, t = nil, nil, nil, 0
		}
		for _, text := range r.Parameters {
			theta, m, v = append(theta, read(text)), append(m, 0), append(v, 0)
		}
		for _, row := range r.Gradients { // in whose place the parameters come
			t++
			g := make([]float64, len(row))
			for i, text := range row {
				g[i] = read(text)
			}
			adam(theta, g, m, v, t, lr, b1, b2, eps)
			for i := range row {
				row[i] = strconv.FormatFloat(theta[i], 'x', -1, 64)
			}
		}
		out.Encode(map[string]any{"protocol": 1, "library": "adam.go", "version": "1.0",
			"dtypes": []string{"float64"}, "ok": true, "parameters": r.Gradients})
	}
}
