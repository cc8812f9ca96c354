// An Adam in JavaScript behind adamcheck's protocol: adamcheck verify "exec:node adam.mjs"
import { createRequire } from "node:module";
import readline from "node:readline";
import { pathToFileURL } from "node:url";

// Yours: step t = 1, 2, ... of all parameters, in place. Put your function here, or import it and call it.
function adam(theta, g, m, v, t, lr, beta1, beta2, eps) {
  for (let i = 0; i < theta.length; ++i) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
    theta[i] -= lr * (m[i] / (1 - beta1 ** t)) / (Math.sqrt(v[i] / (1 - beta2 ** t)) + eps);
  }
}

// The protocol, which may stay as it is.
export function parse(text) { // what C's %a prints: sign, 0x, hexadecimal digits, p, binary exponent
  const [, sign, whole, fraction = "", exponent] = /^(-?)0x([\da-f]+)\.?([\da-f]*)p([+-]?\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return Number(text.replace("inf", "Infinity"));
  const digits = parseInt(whole + fraction, 16) * 2 ** (-4 * fraction.length);
  const half = Math.trunc(exponent / 2); // in two factors: 2 ** -1074 itself would do, 2 ** -1076 would not
  return (sign ? -1 : 1) * digits * 2 ** half * 2 ** (exponent - half);
}

export const format = (x) => // hexadecimal digits are exact, however many there are
  Number.isFinite(x) ? `${x < 0 || Object.is(x, -0) ? "-" : ""}0x${Math.abs(x).toString(16)}p0` : String(x);

export async function serve(operations) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    if (request.op === "stop") break;
    console.log(JSON.stringify(operations[request.op]?.(request) ?? { ok: true }));
  }
}

let theta, m, v, t, lr, beta1, beta2, eps; // one run at a time
function step(row) {
  adam(theta, row.map(parse), m, v, ++t, lr, beta1, beta2, eps);
  return theta.map(format);
}
const main = process.argv[1] && createRequire(import.meta.url).resolve(process.argv[1]); // without links
if (main && pathToFileURL(main).href === import.meta.url) await serve({ // it is run, and not imported
  describe: () => ({ protocol: 1, library: "adam.mjs", version: "1.0", dtypes: ["float64"] }),
  start({ parameters, hyper }) {
    [lr, beta1, beta2, eps, t] = [...["lr", "beta1", "beta2", "eps"].map((name) => parse(hyper[name])), 0];
    [theta, m, v] = [parameters.map(parse), parameters.map(() => 0), parameters.map(() => 0)];
  },
  step: ({ gradients }) => ({ parameters: gradients.map(step) }),
});
