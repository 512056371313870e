import { base, cs_CZ, de, en, es, Faker, fr, hu, pl, sv, type Randomizer } from "@faker-js/faker";

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

/** Returns a writer of names and texts, which are the same for the same numbers. */
export function writerFrom(randomizer: Randomizer) {
  const faker = new Faker({ locale: [en, base], randomizer });
  const { helpers } = faker;
  // Names with letters beyond English, which have their own rules of search and order.
  const abroad = [cs_CZ, de, es, fr, hu, pl, sv].map((locale) => new Faker({ locale: [locale, en, base], randomizer }));
  const name = () => {
    const { person } = helpers.arrayElement(abroad);
    return `${person.firstName()} ${person.lastName()}`;
  };
  const number = () => String(faker.number.int({ min: 2, max: 61 }));

  // Drawn once: a search finds several posts, and a million posts are made as fast as they are written.
  const dishes = helpers.multiple(() => faker.food.dish(), { count: 80 });
  const descriptions = helpers.multiple(() => faker.food.description(), { count: 80 });
  const books = helpers.multiple(() => faker.book.title(), { count: 40 });
  const people = helpers.multiple(() => faker.person.firstName(), { count: 12 });
  const places = abroad.flatMap(({ location }) => helpers.multiple(() => location.city(), { count: 4 }));

  return {
    name,
    /** Draws a post's title, some of which come up often, and its text of two to four sentences. */
    texts(): { readonly title: string; readonly content: string } {
      const slots = {
        dish: helpers.arrayElement(dishes),
        place: helpers.arrayElement(places),
        person: helpers.arrayElement(people),
        book: helpers.arrayElement(books),
        description: helpers.arrayElement(descriptions),
        other: () => helpers.arrayElement(dishes),
        elsewhere: () => helpers.arrayElement(places),
        number,
      };
      const title =
        randomizer.next() < oneInASeries
          ? helpers.arrayElement(series)
          : helpers.mustache(helpers.arrayElement(titles), slots);
      const said = helpers
        .arrayElements(sentences, { min: 2, max: 4 })
        .map((sentence) => helpers.mustache(sentence, slots));
      return { title, content: said.join(" ") };
    },
  };
}
