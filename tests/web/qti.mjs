// Plays QTI 3 items with Citolab's player, in a page that is no browser.
// In: a list of {item: XML, responses: {identifier: text}}. Out: for each its score and how many places it has.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><body></body>", { url: "http://localhost/" });
for (const name of Object.getOwnPropertyNames(window)) if (!(name in globalThis)) globalThis[name] = window[name];
for (const name of ["Event", "CustomEvent", "EventTarget"]) globalThis[name] = window[name];
// What jsdom lacks of a browser, and marking does not need.
globalThis.CSSStyleSheet = class { replaceSync() {} };
const attach = window.HTMLElement.prototype.attachInternals;
window.HTMLElement.prototype.attachInternals = function () {
  const internals = attach.call(this);
  internals.states ??= new Set();
  for (const name of ["setValidity", "setFormValue"]) internals[name] ??= () => {};
  for (const name of ["checkValidity", "reportValidity"]) internals[name] ??= () => true;
  return internals;
};
for (const name of ["log", "info", "debug", "warn"]) console[name] = () => {}; // the player tells what it looks up
await import("@citolab/qti-components");
const { qtiTransformItem } = await import("@citolab/qti-components/qti-transformers");

const played = [];
for (const { item: xml, responses } of JSON.parse(readFileSync(0, "utf-8"))) {
  document.body.replaceChildren(qtiTransformItem().parse(xml).htmlDoc());
  await new Promise((resolve) => setTimeout(resolve));
  const item = document.querySelector("qti-assessment-item");
  for (const [identifier, text] of Object.entries(responses)) item.updateResponseVariable(identifier, text);
  item.processResponse();
  const places = [...document.querySelectorAll("qti-text-entry-interaction")].map((one) => one.responseIdentifier);
  const known = places.filter((one) => item.getResponse(one)?.type === "response");
  played.push({ score: Number(item.getOutcome("SCORE").value), most: Number(item.getOutcome("MAXSCORE").value), known });
}
process.stdout.write(`${JSON.stringify(played)}\n`, () => process.exit(0));
