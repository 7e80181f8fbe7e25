import type { Inputs } from "../../api/types.ts";

export type GenerateRequest = Omit<Inputs["playground"]["generate"], "lastEventId">;

/** What stands in single quotes of a shell. */
const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The same request for a shell. The key is the caller's own: none is known here. */
export function curlCall(origin: string, request: GenerateRequest): string {
  return [
    `curl -N ${shellQuoted(`${origin}/api/generate`)}`,
    `-H "Authorization: Bearer $UNIARM_KEY"`,
    `-H 'Content-Type: application/json'`,
    `-d ${shellQuoted(JSON.stringify(request))}`,
  ].join(" \\\n  ");
}

/** The same request for Python's standard library; answers come token by token. */
export function pythonCall(origin: string, request: GenerateRequest): string {
  return `import json, os, urllib.request

body = json.loads(${pythonString(JSON.stringify(request))})
request = urllib.request.Request(
    ${pythonString(`${origin}/api/generate`)},
    data=json.dumps(body).encode(),
    headers={
        "Authorization": f"Bearer {os.environ['UNIARM_KEY']}",
        "Content-Type": "application/json",
    },
)
with urllib.request.urlopen(request) as answer:
    for line in answer:
        if line.startswith(b"data: "):
            chunk = json.loads(line[6:])
            if chunk["type"] == "end":
                print(chunk["row"], chunk["text"])
            elif chunk["type"] == "error":
                raise SystemExit(chunk["message"])
`;
}

/** JSON's escapes are also Python's, except for the two line separators, which Python accepts as they are. */
const pythonString = (text: string): string => JSON.stringify(text);
