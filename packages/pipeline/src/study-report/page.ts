import type { ReportTable } from "@uniarm/eval";
import { protocolLines } from "./protocol-lines.ts";
import type { ReportFigure } from "./figures.ts";
import { Html, html } from "./html.ts";
import type { StudyReport } from "./study-report.ts";
import { preferenceText } from "./preference-text.ts";

/** Tables and figures scroll in themselves: the page never does sideways, whatever the screen. */
const STYLE = `
:root { color-scheme: light; --line: #dddddd; --quiet: #5f5f5f; }
body { margin: 0 auto; max-width: 1100px; padding: 24px 16px; font: 15px/1.5 system-ui, sans-serif; color: #1c1c1c; background: #ffffff; overflow-wrap: anywhere; }
h1 { font-size: 26px; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 36px 0 8px; }
h3 { font-size: 15px; margin: 20px 0 4px; }
p { margin: 6px 0; }
.note { color: var(--quiet); font-size: 13px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); text-align: right; }
th { text-align: right; font-weight: 600; }
th:first-child, td:first-child, .answers td, .answers th { text-align: left; }
.answers table { white-space: normal; }
.answers td { vertical-align: top; }
.answers td:first-child, .answers .numbers { white-space: nowrap; }
summary { cursor: pointer; font-weight: 600; margin: 12px 0 4px; }
nav { margin: 12px 0; display: flex; flex-wrap: wrap; gap: 4px 14px; }
code { font-size: 13px; }
`;

/** The page of a study: one file that needs nothing else, no script and no network. */
export function pageOf(
  report: StudyReport,
  {
    title,
    tables,
    costs,
    figures,
  }: { title: string; tables: ReportTable[]; costs: ReportTable; figures: ReportFigure[] },
): string {
  const fronts = tables.filter(({ id }) => id.startsWith("front-"));
  const main = tables.filter((table) => !fronts.includes(table));
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p class="note">
            ${report.comparison.methods.length} methods, ${report.comparison.prompts} prompts,
            ${report.comparison.preferences.length} preferences of
            ${report.objectives.map(({ name }) => name).join(", ")}.
          </p>
          <nav>
            ${[...figures, ...main, costs].map(({ id, title: name }) => html`<a href="#${id}">${name}</a>`)}<a
              href="#answers"
              >Answers</a
            ><a href="#protocol">Protocol</a>
          </nav>
        </header>
        <main>
          ${figures.map(figureHtml)} ${main.map((table) => tableHtml(table))}
          <details>
            <summary>Fronts in numbers</summary>
            ${fronts.map((table) => tableHtml(table, 3))}
          </details>
          ${tableHtml(costs)} ${answersHtml(report)}
          <h2 id="protocol">Protocol</h2>
          ${protocolLines(report).map((line) => html`<p>${line}</p>`)}
          <details>
            <summary>The study</summary>
            <pre class="wide"><code>${JSON.stringify(report.study, null, 2)}</code></pre>
          </details>
        </main>
      </body>
    </html> `;
  return page.text;
}

/** As an image of its own: names inside of one drawing do not meet those of another. */
function figureHtml({ id, title, svg }: ReportFigure): Html {
  const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
  return html`<h2 id="${id}">${title}</h2>
    <div class="wide"><img src="${source}" alt="${title}; the same figures are in the tables below" /></div> `;
}

function tableHtml({ id, title, heading, rows, notes }: ReportTable, level = 2): Html {
  const name = level === 2 ? html`<h2 id="${id}">${title}</h2>` : html`<h3 id="${id}">${title}</h3>`;
  return html`${name}
    <p class="note">${notes.join(" ")}</p>
    <div class="wide">
      <table>
        <thead>
          <tr>
            ${heading.map((cell) => html`<th scope="col">${cell}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                ${row.map((cell) => html`<td>${cell}</td>`)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div> `;
}

function answersHtml({ answers, objectives }: StudyReport): Html {
  const names = objectives.map(({ name }) => name).join(", ");
  return html`<section class="answers">
    <h2 id="answers">Answers along the front</h2>
    <p class="note">Of each method's first training, at the corners and in the middle. Rewards of ${names}.</p>
    ${answers.map(
      ({ prompt, rows }) =>
        html`<h3>${prompt}</h3>
          <div class="wide">
            <table>
              <thead>
                <tr>
                  <th scope="col">method</th>
                  <th scope="col">preference</th>
                  <th scope="col">answer</th>
                  <th scope="col">rewards</th>
                </tr>
              </thead>
              <tbody>
                ${rows.map(
                  ({ name, preference, text, rewards }) =>
                    html`<tr>
                      <td>${name}</td>
                      <td class="numbers">${preferenceText(preference)}</td>
                      <td>${text}</td>
                      <td class="numbers">${rewards.map((reward) => reward.toFixed(2)).join(", ")}</td>
                    </tr> `,
                )}
              </tbody>
            </table>
          </div> `,
    )}
  </section>`;
}
