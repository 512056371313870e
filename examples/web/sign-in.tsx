import { useMutation } from "@apollo/client/react";
import { useState, type FormEvent } from "react";

import { logInDocument, registerDocument } from "./documents.js";
import { textsOf } from "./form.js";
import { signIn, useStanding } from "./session.js";

const messages: Partial<Record<ReturnType<typeof useStanding>, string>> = {
  EXPIRED: "You were away for long. Sign in again.",
  SESSION_REVOKED: "This session was ended. Sign in again.",
  REUSED: "Somebody else has used this session, so it was ended. Sign in again.",
  UNKNOWN: "This session is no longer known. Sign in again.",
};

export function SignIn() {
  const standing = useStanding();
  const [isNew, setIsNew] = useState(false);
  const [logIn, loggingIn] = useMutation(logInDocument);
  const [register, registering] = useMutation(registerDocument);
  const { error, loading } = isNew ? registering : loggingIn;

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const { name, email, password } = textsOf(event.currentTarget);
    try {
      const tokens = isNew
        ? (await register({ variables: { input: { name, email, password } } })).data?.register
        : (await logIn({ variables: { input: { email, password } } })).data?.login;
      if (tokens !== undefined) await signIn(tokens);
    } catch {
      // The error is shown below.
    }
  }

  return (
    <main>
      <h1>{isNew ? "Register" : "Sign in"}</h1>
      {messages[standing] !== undefined && <p role="status">{messages[standing]}</p>}
      <form onSubmit={(event) => void submit(event)}>
        {isNew && <input name="name" placeholder="Name" autoComplete="name" required />}
        <input name="email" type="email" placeholder="Email" autoComplete="email" required />
        <input name="password" type="password" placeholder="Password" autoComplete="current-password" required />
        <button disabled={loading}>{isNew ? "Register" : "Sign in"}</button>
      </form>
      {error !== undefined && <p role="alert">{error.message}</p>}
      <button onClick={() => setIsNew(!isNew)}>{isNew ? "I have an account" : "I am new here"}</button>
    </main>
  );
}
