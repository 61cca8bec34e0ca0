// Reads HTML mails as a JSON list on standard input; writes, for each, what an HTML validator and the tables of
// https://caniemail.com object to.
import { readFileSync } from "node:fs";
import { doIUseEmail } from "@jsx-email/doiuse-email";
import { HtmlValidate } from "html-validate";

const validator = new HtmlValidate({
  extends: ["html-validate:standard", "html-validate:document"],
  rules: { "no-deprecated-attr": "off" }, // align, cellpadding and cellspacing are what mail clients go by
});
const emailClients = ["gmail.*", "apple-mail.*", "outlook.*", "yahoo.*", "thunderbird.*"];
const found = [];
for (const html of JSON.parse(readFileSync(0, "utf8"))) {
  const report = await validator.validateString(html);
  const invalid = report.results.flatMap((r) => r.messages.map((m) => `${m.line}:${m.column} ${m.ruleId} ${m.message}`));
  found.push({ invalid, unsupported: doIUseEmail(html, { emailClients }).errors ?? [] });
}
process.stdout.write(JSON.stringify(found));
