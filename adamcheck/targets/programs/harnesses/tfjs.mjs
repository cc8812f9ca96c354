// TensorFlow.js: npm install @tensorflow/tfjs, adamcheck protocol javascript > adam.mjs beside this file, and then
// adamcheck verify "exec:node tfjs.mjs"
import { createRequire } from "node:module";
import { format, parse, serve } from "./adam.mjs";

const tf = createRequire(`${process.cwd()}/`)("@tensorflow/tfjs"); // of the folder in which it is run
const runs = new Map();
await tf.setBackend("cpu");

await serve({
  describe: () => ({ protocol: 1, library: "tfjs", version: tf.version.tfjs, dtypes: ["float32"], capabilities: ["instances"] }),
  start({ run, shape, parameters, hyper }) {
    const [lr, beta1, beta2, eps] = ["lr", "beta1", "beta2", "eps"].map((name) => parse(hyper[name]));
    if (eps === 0) return { not_offered: "eps = 0 (it means the default)" };
    const theta = tf.variable(tf.tensor(parameters.map(parse), shape, "float32"), true, `theta${run}`);
    runs.set(run, { theta, adam: tf.train.adam(lr, beta1, beta2, eps) });
    return { ok: true };
  },
  step({ run, gradients }) {
    const { theta, adam } = runs.get(run);
    return { parameters: gradients.map((row) => {
      const gradient = tf.tensor(row.map(parse), theta.shape, "float32");
      adam.applyGradients([{ name: theta.name, tensor: gradient }]);
      gradient.dispose();
      return Array.from(theta.dataSync(), format);
    }) };
  },
  end({ run }) {
    const { theta, adam } = runs.get(run);
    theta.dispose();
    adam.dispose();
    return { ok: runs.delete(run) };
  },
});
