// The documents that people send.

const session = "accessToken expiresAt refreshToken user { id }";
const post = "post { id title content voteCount }";

export const register = `mutation ($input: RegisterInput!) { register(input: $input) { ${session} } }`;
export const login = `mutation ($input: LoginInput!) { login(input: $input) { ${session} } }`;
export const refresh = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { ${session} } }`;
export const logout = "mutation ($input: LogoutInput) { logout(input: $input) { endedSessions } }";
export const logoutEverywhere = "mutation { logoutEverywhere { endedSessions } }";

export const me = "{ me { id } }";
export const page = "query ($o: PostOrder) { posts(first: 20, orderBy: $o) { nodes { id title voteCount } } }";
export const onePost = "query ($id: ID!) { post(id: $id) { title content voteCount } }";
export const search = "query ($s: String) { posts(search: $s, first: 20) { nodes { title } } }";
export const walk = `query ($after: String) {
  posts(first: 100, after: $after) { nodes { title content voteCount } pageInfo { hasNextPage endCursor } }
}`;

export const createPost = `mutation ($input: CreatePostInput!) { createPost(input: $input) { ${post} } }`;
export const updatePost = `mutation ($input: UpdatePostInput!) { updatePost(input: $input) { ${post} } }`;
export const deletePost = "mutation ($input: DeletePostInput!) { deletePost(input: $input) { deletedPostId } }";
export const votePost = `mutation ($input: VotePostInput!) { votePost(input: $input) { ${post} } }`;
export const unvotePost = `mutation ($input: VotePostInput!) { unvotePost(input: $input) { ${post} } }`;
