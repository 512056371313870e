import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";

/** The answer to a request with exactly the given headers; `fetch` would add its own. */
export type Exchange = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: any };

/** Sends a request with these headers only, each as often as given, and parses the answer as JSON. */
export function exchange(
  url: URL,
  {
    method = "POST",
    headers = {},
    body = "",
  }: { method?: string; headers?: Record<string, string | readonly string[]>; body?: string },
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: headers as OutgoingHttpHeaders }, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve({
        status: response.statusCode!,
        headers: response.headers,
        body: text === "" ? undefined : JSON.parse(text),
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
