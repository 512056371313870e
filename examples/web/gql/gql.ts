/* eslint-disable */
import * as types from './graphql';
import { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  mutation LogIn($input: LoginInput!) {\n    login(input: $input) {\n      accessToken\n      refreshToken\n      expiresIn\n    }\n  }\n": typeof types.LogInDocument,
    "\n  mutation Register($input: RegisterInput!) {\n    register(input: $input) {\n      accessToken\n      refreshToken\n      expiresIn\n    }\n  }\n": typeof types.RegisterDocument,
    "\n  mutation LogOut {\n    logout {\n      endedSessions\n    }\n  }\n": typeof types.LogOutDocument,
    "\n  fragment PostFields on Post {\n    id\n    title\n    content\n    voteCount\n    viewerHasVoted\n    author {\n      id\n      name\n    }\n  }\n": typeof types.PostFieldsFragmentDoc,
    "\n  query Posts {\n    me {\n      id\n      name\n    }\n    posts(first: 20) {\n      nodes {\n        ...PostFields\n      }\n    }\n  }\n": typeof types.PostsDocument,
    "\n  subscription LivePosts($after: String) {\n    postEvents(after: $after) {\n      kind\n      cursor\n      postId\n      post {\n        ...PostFields\n      }\n    }\n  }\n": typeof types.LivePostsDocument,
    "\n  mutation CreatePost($input: CreatePostInput!) {\n    createPost(input: $input) {\n      post {\n        id\n      }\n    }\n  }\n": typeof types.CreatePostDocument,
    "\n  mutation VotePost($input: VotePostInput!) {\n    votePost(input: $input) {\n      post {\n        id\n        voteCount\n        viewerHasVoted\n      }\n    }\n  }\n": typeof types.VotePostDocument,
};
const documents: Documents = {
    "\n  mutation LogIn($input: LoginInput!) {\n    login(input: $input) {\n      accessToken\n      refreshToken\n      expiresIn\n    }\n  }\n": types.LogInDocument,
    "\n  mutation Register($input: RegisterInput!) {\n    register(input: $input) {\n      accessToken\n      refreshToken\n      expiresIn\n    }\n  }\n": types.RegisterDocument,
    "\n  mutation LogOut {\n    logout {\n      endedSessions\n    }\n  }\n": types.LogOutDocument,
    "\n  fragment PostFields on Post {\n    id\n    title\n    content\n    voteCount\n    viewerHasVoted\n    author {\n      id\n      name\n    }\n  }\n": types.PostFieldsFragmentDoc,
    "\n  query Posts {\n    me {\n      id\n      name\n    }\n    posts(first: 20) {\n      nodes {\n        ...PostFields\n      }\n    }\n  }\n": types.PostsDocument,
    "\n  subscription LivePosts($after: String) {\n    postEvents(after: $after) {\n      kind\n      cursor\n      postId\n      post {\n        ...PostFields\n      }\n    }\n  }\n": types.LivePostsDocument,
    "\n  mutation CreatePost($input: CreatePostInput!) {\n    createPost(input: $input) {\n      post {\n        id\n      }\n    }\n  }\n": types.CreatePostDocument,
    "\n  mutation VotePost($input: VotePostInput!) {\n    votePost(input: $input) {\n      post {\n        id\n        voteCount\n        viewerHasVoted\n      }\n    }\n  }\n": types.VotePostDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation LogIn($input: LoginInput!) {\n    login(input: $input) {\n      accessToken\n      refreshToken\n      expiresIn\n    }\n  }\n"): (typeof documents)["\n  mutation LogIn($input: LoginInput!) {\n    login(input: $input) {\n      accessToken\n      refreshToken\n      expiresIn\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Register($input: RegisterInput!) {\n    register(input: $input) {\n      accessToken\n      refreshToken\n      expiresIn\n    }\n  }\n"): (typeof documents)["\n  mutation Register($input: RegisterInput!) {\n    register(input: $input) {\n      accessToken\n      refreshToken\n      expiresIn\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation LogOut {\n    logout {\n      endedSessions\n    }\n  }\n"): (typeof documents)["\n  mutation LogOut {\n    logout {\n      endedSessions\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment PostFields on Post {\n    id\n    title\n    content\n    voteCount\n    viewerHasVoted\n    author {\n      id\n      name\n    }\n  }\n"): (typeof documents)["\n  fragment PostFields on Post {\n    id\n    title\n    content\n    voteCount\n    viewerHasVoted\n    author {\n      id\n      name\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Posts {\n    me {\n      id\n      name\n    }\n    posts(first: 20) {\n      nodes {\n        ...PostFields\n      }\n    }\n  }\n"): (typeof documents)["\n  query Posts {\n    me {\n      id\n      name\n    }\n    posts(first: 20) {\n      nodes {\n        ...PostFields\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription LivePosts($after: String) {\n    postEvents(after: $after) {\n      kind\n      cursor\n      postId\n      post {\n        ...PostFields\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription LivePosts($after: String) {\n    postEvents(after: $after) {\n      kind\n      cursor\n      postId\n      post {\n        ...PostFields\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreatePost($input: CreatePostInput!) {\n    createPost(input: $input) {\n      post {\n        id\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation CreatePost($input: CreatePostInput!) {\n    createPost(input: $input) {\n      post {\n        id\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation VotePost($input: VotePostInput!) {\n    votePost(input: $input) {\n      post {\n        id\n        voteCount\n        viewerHasVoted\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation VotePost($input: VotePostInput!) {\n    votePost(input: $input) {\n      post {\n        id\n        voteCount\n        viewerHasVoted\n      }\n    }\n  }\n"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;