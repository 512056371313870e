import { withoutSecrets } from "./secrets.js";

/** What a link carries, in its fragment, which no browser sends to a server. */
export type Shared = { readonly document: string; readonly variables: string };

export function fragmentOf({ document, variables }: Shared): string {
  const parameters = new URLSearchParams({ document: withoutSecrets(document) });
  if (variables.trim() !== "") parameters.set("variables", withoutSecrets(variables));
  return `#${parameters.toString()}`;
}

/** What a fragment carries; undefined where it is no shared one. */
export function sharedOf(fragment: string): Shared | undefined {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  const document = parameters.get("document");
  return document === null ? undefined : { document, variables: parameters.get("variables") ?? "" };
}
