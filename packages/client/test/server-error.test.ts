import { expect, test } from "vitest";
import { refusalOf } from "../src/server-error.ts";

test("a file that a proxy finds too large is refused with the setting that says so; the server's own limit with its sentence", async () => {
  const byProxy = new Response("<html><h1>413 Request Entity Too Large</h1></html>", { status: 413 });
  expect((await refusalOf(byProxy)).message).toContain("client_max_body_size 0");
  const own = Response.json({ code: "PAYLOAD_TOO_LARGE", message: "Split it." }, { status: 413 });
  expect(await refusalOf(own)).toEqual({ code: "payload_too_large", message: "Split it." });
});
