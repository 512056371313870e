import { requireViewer, type AddedFeature } from "postern";

import { Bookmark } from "./bookmark.entity.js";
import { migrations } from "./bookmark.migrations.js";
import { BookmarkResolver } from "./bookmark.resolver.js";
import { bookmarksOf } from "./bookmark.service.js";
import { BookmarkType } from "./bookmark.type.js";

// Without these lines the compiler rejects newId("bookmark", …) and new KnownError("SHELF_FULL", …) as misspelt.
declare module "postern" {
  interface AddedIdKinds {
    bookmark: true;
  }
  interface AddedErrorCodes {
    SHELF_FULL: true;
  }
}

/** Everything that bookmarks add to the server. */
export const bookmarks = {
  entities: [Bookmark],
  resolvers: [BookmarkResolver],
  migrations,
  nodes: {
    bookmark: {
      type: BookmarkType,
      find: async (id, context) => (await bookmarksOf(context, requireViewer(context), id))[0] ?? null,
    },
  },
  errorCodes: { SHELF_FULL: 200 },
} satisfies AddedFeature;
