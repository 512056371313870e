import { readJson } from "./read-json.js";
import { badRequest, type Parameters } from "../../graphql/graphql-request.js";

/** @throws KnownError `BAD_REQUEST` for a parameter that stands twice, or should be JSON and isn't. */
export function parametersOfUrl(url: string): Parameters {
  const { searchParams } = new URL(url, "http://localhost");
  const once = (name: string): string | undefined => {
    const [value, ...others] = searchParams.getAll(name);
    if (others.length > 0) throw badRequest(`A URL may have ${name} once`);
    return value;
  };
  const json = (name: string): unknown => {
    const text = once(name);
    if (text === undefined) return undefined;
    try {
      return readJson(Buffer.from(text));
    } catch {
      throw badRequest(`${name} must be JSON`);
    }
  };
  const names = ["query", "operationName", "documentId", "doc_id", "id"];
  return {
    ...Object.fromEntries(names.map((name) => [name, once(name)])),
    variables: json("variables"),
    extensions: json("extensions"),
  };
}
