import { withoutSecrets, type Draft } from "./secrets.js";

/** Returns the fragment of a link with a draft, without secrets. No browser sends a fragment to a server. */
export function fragmentOf(draft: Draft): string {
  const { document, variables } = withoutSecrets(draft);
  const parameters = new URLSearchParams({ document });
  if (variables.trim() !== "") parameters.set("variables", variables);
  return `#${parameters.toString()}`;
}

/** Returns the draft of a link's fragment; undefined if it has none. */
export function sharedOf(fragment: string): Draft | undefined {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  const document = parameters.get("document");
  return document === null ? undefined : { document, variables: parameters.get("variables") ?? "" };
}
