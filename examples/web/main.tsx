import { ApolloProvider } from "@apollo/client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Posts } from "./posts.js";
import { client, useStanding } from "./session.js";
import { SignIn } from "./sign-in.js";

function App() {
  return useStanding() === "signed in" ? <Posts /> : <SignIn />;
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <ApolloProvider client={client}>
      <App />
    </ApolloProvider>
  </StrictMode>,
);
