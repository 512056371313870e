// The documents that the bench sends to all contestants.
const fields = "id title content published createdAt author { id name }";

export const documents = {
  page: `{ posts(first: 20) { nodes { ${fields} } } }`,
  fullPage: `{ posts(first: 20) { nodes { ${fields} voteCount viewerHasVoted } pageInfo { hasNextPage endCursor } } }`,
  farPage: `query ($after: String) { posts(first: 20, after: $after) { nodes { ${fields} } } }`,
  post: `query ($id: ID!) { post(id: $id) { ${fields} } }`,
  me: "{ me { id name } }",
  typename: "{ __typename }",
  search: `query ($s: String) { posts(search: $s, first: 20) { nodes { ${fields} } } }`,
  createPost:
    "mutation ($input: CreatePostInput!) { createPost(input: $input) { post { title content published author { id name } } } }",
  login: "mutation ($input: LoginInput!) { login(input: $input) { tokenType user { id name } } }",
};
