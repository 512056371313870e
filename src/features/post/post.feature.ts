import { PostEventResolver, PostEventsResolver } from "./event/post-event.resolver.js";
import { postTopics } from "./event/post-topics.js";
import { PostCreation } from "./post-creation.entity.js";
import { Post } from "./post.entity.js";
import { PostConnectionResolver, PostResolver } from "./post.resolver.js";
import { UserPostsResolver } from "./user-posts.resolver.js";
import { Vote } from "./vote.entity.js";

export const post = {
  topics: postTopics,
  entities: [Post, PostCreation, Vote],
  resolvers: [PostResolver, PostConnectionResolver, UserPostsResolver, PostEventsResolver, PostEventResolver],
};
