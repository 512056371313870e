const session = "accessToken expiresAt refreshToken user { id }";
const post = "post { id title content voteCount }";

/** The documents that clients send. */
export const documents = {
  register: `mutation ($input: RegisterInput!) { register(input: $input) { ${session} } }`,
  login: `mutation ($input: LoginInput!) { login(input: $input) { ${session} } }`,
  refresh: `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { ${session} } }`,
  logout: "mutation ($input: LogoutInput) { logout(input: $input) { endedSessions } }",
  logoutEverywhere: "mutation { logoutEverywhere { endedSessions } }",

  me: "{ me { id name } }",
  page: "{ posts(first: 20) { nodes { id title content published createdAt author { id name } } } }",
  orderedPage: "query ($o: PostOrder) { posts(first: 20, orderBy: $o) { nodes { id title voteCount } } }",
  onePost: "query ($id: ID!) { post(id: $id) { title content voteCount } }",
  search: "query ($s: String) { posts(search: $s, first: 20) { nodes { title } } }",
  allPosts:
    "query ($after: String) { posts(first: 100, after: $after) { nodes { title content voteCount } pageInfo { hasNextPage endCursor } } }",

  createPost: `mutation ($input: CreatePostInput!) { createPost(input: $input) { ${post} } }`,
  updatePost: `mutation ($input: UpdatePostInput!) { updatePost(input: $input) { ${post} } }`,
  deletePost: "mutation ($input: DeletePostInput!) { deletePost(input: $input) { deletedPostId } }",
  votePost: `mutation ($input: VotePostInput!) { votePost(input: $input) { ${post} } }`,
  unvotePost: `mutation ($input: VotePostInput!) { unvotePost(input: $input) { ${post} } }`,
};
