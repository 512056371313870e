import type { Random } from "./random.js";
import { books, descriptions, dishes, familyNames, friends, givenNames, places } from "./words.js";

// A few titles that come up often, so that several posts share one.
const series = ["Weekly notes", "Open thread", "Photo of the week", "Reading list", "Ask me anything"];
const oneInASeries = 0.04;

const titles = [
  "{{dish}}",
  "Notes on {{dish}}",
  "{{dish}}, again",
  "{{dish}} in {{place}}",
  "{{dish}}, day {{number}}",
  "“{{dish}}, please,” said {{person}}",
  "What {{place}} taught me about {{book}}",
  "From {{elsewhere}} to {{place}} with {{person}}",
  "A beginner's guide to {{dish}}",
  "Why I gave up on {{book}} for {{other}}",
  "HELP with {{dish}}!",
  "Looking for {{book}} near {{place}}",
  "Letter {{number}} from {{place}}",
  "Éclairs, {{dish}} and other plans for {{place}}",
  "re: {{book}}",
  "TIL about {{dish}} and {{other}}",
];

const sentences = [
  "{{description}}",
  "I thought about {{dish}} on the way to {{place}}, and I am still not sure.",
  "It began in {{place}}, when {{person}} asked me about {{book}}.",
  "The first try went wrong, the second one worse.",
  "In {{place}} they do it differently, and I think they are right.",
  "What helped most was a quiet hour with {{book}}.",
  "Everything I know about {{dish}} I learned from {{person}}.",
  "{{person}} laughed when I brought up {{other}}.",
  "I would do it again, but with better shoes.",
  "If you ever pass through {{place}}, ask for {{dish}}.",
  "By then it was dark, and {{person}} had gone home to {{elsewhere}}.",
  "Some of you asked for details, so here they are.",
  "{{person}} says the same of {{book}}, by the way.",
  "There were {{number}} of us, and one umbrella.",
  "It took {{number}} days and I regret none of them.",
  "The weather in {{place}} did the rest.",
  "I had hoped for an easy answer and found {{other}} instead.",
  "More about {{dish}} when I am back from {{elsewhere}}.",
];

const slot = /\{\{(\w+)\}\}/g;

/** Returns a writer of names and texts, which are the same for the same numbers. */
export function writerFrom({ next, below, pick, shuffled }: Random) {
  return {
    name: () => `${pick(givenNames)} ${pick(familyNames)}`,
    /** Draws a post's title, some of which come up often, and its text of two to four sentences. */
    texts(): { readonly title: string; readonly content: string } {
      const [dish, place, person, book] = [pick(dishes), pick(places), pick(friends), pick(books)];
      const slots: Record<string, () => string> = {
        dish: () => dish,
        place: () => place,
        person: () => person,
        book: () => book,
        description: () => filled(pick(descriptions)),
        other: () => pick(dishes),
        elsewhere: () => pick(places),
        number: () => String(2 + below(60)),
      };
      const filled = (template: string): string => template.replace(slot, (_, name: string) => slots[name]!());
      const title = next() < oneInASeries ? pick(series) : filled(pick(titles));
      const said = shuffled(sentences, 2 + below(3)).map(filled);
      return { title, content: said.join(" ") };
    },
  };
}
