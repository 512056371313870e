import Negotiator from "negotiator";

// With their parameter, because a client may ask for it.
const json = "application/json; charset=utf-8";
export const graphqlResponseJson = "application/graphql-response+json; charset=utf-8";

/** What a client's Accept header leaves to choose from; none at all is as good as no preference. */
export type Acceptance = {
  /** Whether it takes JSON in either form. */
  readonly something: boolean;
  /** Whether it takes `application/json` and not the newer type, which alone may carry an error's HTTP status. */
  readonly onlyJson: boolean;
  /** Whether it names the newer type, rather than taking anything. */
  readonly namesNewType: boolean;
};

/** Reads an Accept header (RFC 9110, section 12.5.1). */
export function readAccept(header: string | undefined): Acceptance {
  const accepted = new Negotiator({ headers: { accept: header ?? "*/*" } }).mediaTypes([json, graphqlResponseJson]);
  const newType = accepted.includes(graphqlResponseJson);
  return {
    something: accepted.length > 0,
    onlyJson: accepted.length > 0 && !newType,
    namesNewType: newType && /application\/graphql-response\+json/i.test(header ?? ""),
  };
}
