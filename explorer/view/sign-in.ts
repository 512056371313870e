import type { Session } from "../model/session.js";
import { attempt, say } from "./dom.js";
import { openForm } from "./dialog.js";

/** The server's offers to newcomers. */
export type Offers = {
  readonly canExpire: boolean;
  readonly demonstration: { readonly name: string; readonly email: string; readonly password: string } | null;
};

const email = { name: "email", label: "Email", type: "email", autocomplete: "username" };
const password = { name: "password", label: "Password", type: "password" };

export function openSignIn(session: Session): void {
  openForm("Sign in", [email, { ...password, autocomplete: "current-password" }], (values) =>
    session.open("login", values),
  );
}

export function openSignUp(session: Session): void {
  const name = { name: "name", label: "Name", type: "text", autocomplete: "name" };
  const chosen = { ...password, label: "Password, at least 12 characters", autocomplete: "new-password" };
  openForm("Sign up", [name, email, chosen], (values) => session.open("register", values));
}

/** Returns the label of the button for newcomers. */
export const quickLabel = ({ demonstration }: Offers): string =>
  demonstration === null ? "Try it with a new account" : `Use the demonstration's ${firstWord(demonstration.name)}`;

const firstWord = (text: string) => text.split(" ", 1)[0]!;

/** Signs in with one click: as a user of the demonstration, or with a new account. */
export function signInQuickly(session: Session, { demonstration }: Offers): Promise<void> {
  return attempt(async () => {
    if (demonstration !== null) {
      const { email: known, password: shared } = demonstration;
      return session.open("login", { email: known, password: shared });
    }
    const address = `guest-${randomHex(4)}@example.com`;
    await session.open("register", { name: "Guest", email: address, password: randomHex(16) });
    say("A new account was made; nobody keeps its password");
  });
}

// `randomUUID` is missing on pages over plain HTTP from another machine.
const randomHex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
