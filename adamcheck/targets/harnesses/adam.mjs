// An Adam in JavaScript behind adamcheck's protocol: adamcheck verify "exec:node adam.mjs"
import readline from "node:readline";

const view = new DataView(new ArrayBuffer(8));

export function parse(text) { // C's %a: sign, 0x, hexadecimal digits, p, binary exponent
  const [, sign, whole, fraction = "", exponent] = /^(-?)0x([\da-f]+)\.?([\da-f]*)p([+-]?\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return Number(text.replace("inf", "Infinity"));
  const digits = parseInt(whole + fraction, 16) * 2 ** (-4 * fraction.length);
  const half = Math.trunc(exponent / 2); // in two factors: 2 ** -1074 itself would do, 2 ** -1076 would not
  return (sign ? -1 : 1) * digits * 2 ** half * 2 ** (exponent - half);
}

export function format(x) {
  if (!Number.isFinite(x)) return String(x).replace("Infinity", "inf").toLowerCase();
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0), biased = Number((bits >> 52n) & 2047n);
  const sign = bits >> 63n ? "-" : "", mantissa = (bits & 0xfffffffffffffn).toString(16).padStart(13, "0");
  return `${sign}0x${biased ? 1 : 0}.${mantissa}p${(biased || 1) - 1023}`;
}

const runs = new Map();
const operations = {
  describe: () => ({ protocol: 1, library: "adam.mjs", version: "1.0", dtypes: ["float64"], capabilities: ["instances", "checkpoint"] }),
  start({ run, parameters, hyper }) {
    const zero = parameters.map(() => 0);
    const h = Object.fromEntries(Object.entries(hyper).map(([name, text]) => [name, parse(text)]));
    runs.set(run, { theta: parameters.map(parse), m: zero, v: zero, t: 0, h });
    return { ok: true };
  },
  step({ run, gradients }) {
    const s = runs.get(run), { lr, beta1, beta2, eps } = s.h;
    return { parameters: gradients.map((row) => {
      const g = row.map(parse), c1 = 1 - beta1 ** ++s.t, c2 = 1 - beta2 ** s.t;
      s.m = s.m.map((m, i) => beta1 * m + (1 - beta1) * g[i]);
      s.v = s.v.map((v, i) => beta2 * v + (1 - beta2) * g[i] * g[i]);
      s.theta = s.theta.map((x, i) => x - lr * (s.m[i] / c1) / (Math.sqrt(s.v[i] / c2) + eps));
      return s.theta.map(format);
    }) };
  },
  save: ({ run }) => ({ state: (({ m, v, t }) => ({ m: m.map(format), v: v.map(format), t }))(runs.get(run)) }),
  load({ run, state }) {
    Object.assign(runs.get(run), { m: state.m.map(parse), v: state.v.map(parse), t: state.t });
    return { ok: true };
  },
  end: ({ run }) => ({ ok: runs.delete(run) }),
};

export async function serve(operations) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    if (request.op === "stop") break;
    console.log(JSON.stringify(operations[request.op](request)));
  }
}
if (process.argv[1].endsWith("adam.mjs")) await serve(operations);
