import { createHash } from "node:crypto";

const operations = `# 1. Register, or log in if you have an account. Copy the accessToken of the answer.
mutation Register {
  register(input: { name: "Ada", email: "ada@example.com", password: "correct horse battery" }) {
    accessToken
    expiresAt
  }
}

mutation LogIn {
  login(input: { email: "ada@example.com", password: "correct horse battery" }) {
    accessToken
    expiresAt
  }
}

# 2. Under Headers, add:  Authorization  Bearer <accessToken>
#    Then create and list posts, until expiresAt.
mutation CreatePost {
  createPost(input: { title: "Hello", content: "My first post" }) {
    post {
      id
      title
      publishedAt
    }
  }
}

query ListPosts {
  posts(first: 10) {
    totalCount
    nodes {
      title
      author {
        name
      }
    }
  }
}

# 3. Leave this running, and create another post: it is told at once. At expiresAt the connection is closed.
subscription LivePosts {
  postEvents {
    kind
    occurredAt
    post {
      title
      voteCount
    }
  }
}
`;

/** JSON that can stand inside a script element, which ends at the first `</`. */
const asScriptValue = (value: unknown) => JSON.stringify(value).replaceAll("<", "\\u003c");

const sandboxScript =
  "https://embeddable-sandbox.cdn.apollographql.com/_latest/embeddable-sandbox.umd.production.min.js";
const sandboxFrame = "https://sandbox.embed.apollographql.com";

const style = `
  html, body { height: 100%; margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; background: #fff; }
  #sandbox { height: 100%; }
  #sandbox iframe { width: 100%; height: 100%; border: 0; }
  main { max-width: 48rem; margin: 0 auto; padding: 2rem 1rem; }
  pre { padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; background: #f3f4f6; border-radius: 6px; font-size: 14px; }
  @media (prefers-color-scheme: dark) { html, body { color: #e6e8eb; background: #15181c; } pre { background: #23272d; } }
`;

// Headers given to Sandbox would become part of its frame's URL, so a token has no place here.
const script = `
  const endpoint = new URL("/graphql", location.href).href;
  for (const place of document.querySelectorAll(".endpoint")) place.textContent = endpoint;
  const sandbox = document.createElement("script");
  sandbox.src = ${asScriptValue(sandboxScript)};
  sandbox.onload = () => {
    document.getElementById("sandbox").hidden = false;
    document.getElementById("curl").hidden = true;
    new window.EmbeddedSandbox({
    target: "#sandbox",
    initialEndpoint: endpoint,
    initialSubscriptionEndpoint: endpoint.replace("http", "ws"),
    allowDynamicStyles: false,
    initialState: { includeCookies: false, document: ${asScriptValue(operations)} },
    });
  };
  sandbox.onerror = () => {
    document.getElementById("state").textContent = "Apollo Sandbox could not be loaded:";
  };
  document.head.append(sandbox);
`;

const hashOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * What a browser lets the page do: run its own script and Sandbox's, show Sandbox's frame, and call this server, from
 * which the frame has its answers.
 */
export const landingPagePolicy = [
  "default-src 'none'",
  `script-src ${hashOf(script)} ${sandboxScript}`,
  `style-src ${hashOf(style)}`,
  "img-src data:",
  "connect-src 'self'",
  `frame-src ${sandboxFrame}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * What a browser gets at `/`: Apollo Sandbox with a ready document. Its script comes from Apollo's network; until it is
 * there, and where it can't be reached, the page shows the same with curl.
 */
export const landingPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Postern</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<div id="sandbox" hidden></div>
<main id="curl">
<h1>Postern</h1>
<p><span id="state">Apollo Sandbox is being loaded:</span> its script comes from Apollo's network, which a browser may reach
late or not at all. The server itself is fine, and any GraphQL client can use <code class="endpoint"></code>. With curl:</p>
<h2>Register</h2>
<pre>curl -s <span class="endpoint"></span> -H 'content-type: application/json' -d '{"query":
  "mutation { register(input: { name: \\"Ada\\", email: \\"ada@example.com\\", password: \\"correct horse battery\\" }) { accessToken expiresAt } }"}'</pre>
<h2>Log in</h2>
<pre>curl -s <span class="endpoint"></span> -H 'content-type: application/json' -d '{"query":
  "mutation { login(input: { email: \\"ada@example.com\\", password: \\"correct horse battery\\" }) { accessToken expiresAt } }"}'</pre>
<p>Keep the token of the answer: <code>TOKEN=…</code></p>
<h2>Create a post</h2>
<pre>curl -s <span class="endpoint"></span> -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d '{"query":
  "mutation { createPost(input: { title: \\"Hello\\", content: \\"My first post\\" }) { post { id title } } }"}'</pre>
<h2>List posts</h2>
<pre>curl -si <span class="endpoint"></span> -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d '{"query":
  "{ posts(first: 10) { totalCount nodes { title author { name } } } }"}'</pre>
<p>After <code>expiresAt</code> the last two answer 401.</p>
</main>
<script>${script}</script>
<noscript>This page needs JavaScript; the GraphQL endpoint is /graphql.</noscript>
</body>
</html>
`;
