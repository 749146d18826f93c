// Reads a JSON array of TeX formulas on stdin, each with whether it is displayed or stands in a line, and prints the
// JSON array of what KaTeX and MathJax object to. Both are asked: they disagree on which commands there are.
import { readFileSync } from "node:fs";
import katex from "katex";
import MathJax from "mathjax";

// KaTeX throws, but for links it does not trust: those it shows in this colour, which nothing else has.
const REFUSED = "#fa11ed";

function katexObjection(formula, displayMode) {
  try {
    const options = { displayMode, strict: "error", throwOnError: true, errorColor: REFUSED };
    return katex.renderToString(formula, options).includes(REFUSED) ? "shown as an error" : null;
  } catch (error) {
    return error.message;
  }
}

// MathJax never throws: it marks what it cannot read, and shows unknown commands in red.
async function mathjaxObjection(formula, display) {
  const mathml = await MathJax.tex2mmlPromise(formula, { display });
  const error = mathml.match(/data-mjx-error="([^"]*)"/);
  if (error) return error[1];
  const red = mathml.match(/mathcolor="red"[^>]*>([^<]*)/);
  return red ? `unknown: ${red[1]}` : null;
}

await MathJax.init({ loader: { load: ["input/tex"] } });
const failures = [];
for (const [formula, display] of JSON.parse(readFileSync(0, "utf8"))) {
  const objections = { katex: katexObjection(formula, display), mathjax: await mathjaxObjection(formula, display) };
  for (const [engine, objection] of Object.entries(objections)) {
    if (objection) failures.push({ formula, display, engine, objection });
  }
}
console.log(JSON.stringify(failures));
