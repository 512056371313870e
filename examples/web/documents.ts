// `npm run codegen` generates their types, `npm run documents` in a checkout of Postern.
import { graphql } from "./gql/gql.js";

export const logInDocument = graphql(`
  mutation LogIn($input: LoginInput!) {
    login(input: $input) {
      accessToken
      refreshToken
      expiresIn
    }
  }
`);

export const registerDocument = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      accessToken
      refreshToken
      expiresIn
    }
  }
`);

export const logOutDocument = graphql(`
  mutation LogOut {
    logout {
      endedSessions
    }
  }
`);

// The fields of a post that the page shows. The two documents below select it by its name.
graphql(`
  fragment PostFields on Post {
    id
    title
    content
    voteCount
    viewerHasVoted
    author {
      id
      name
    }
  }
`);

export const postsDocument = graphql(`
  query Posts {
    me {
      id
      name
    }
    posts(first: 20) {
      nodes {
        ...PostFields
      }
    }
  }
`);

export const livePostsDocument = graphql(`
  subscription LivePosts($after: String) {
    postEvents(after: $after) {
      kind
      cursor
      postId
      post {
        ...PostFields
      }
    }
  }
`);

export const createPostDocument = graphql(`
  mutation CreatePost($input: CreatePostInput!) {
    createPost(input: $input) {
      post {
        id
      }
    }
  }
`);

export const votePostDocument = graphql(`
  mutation VotePost($input: VotePostInput!) {
    votePost(input: $input) {
      post {
        id
        voteCount
        viewerHasVoted
      }
    }
  }
`);
