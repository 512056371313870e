import type { Random } from "./random.js";
import { firstNames, lastNames, people, places, things, times } from "./words.js";

/** What a post is about: the same throughout, but for what is drawn anew each time. */
type Subject = { readonly random: Random; readonly thing: string; readonly place: string; readonly person: string };

const slots: Readonly<Record<string, (subject: Subject) => string>> = {
  thing: ({ thing }) => thing,
  place: ({ place }) => place,
  person: ({ person }) => person,
  other: ({ random }) => random.pick(things),
  elsewhere: ({ random }) => random.pick(places),
  time: ({ random }) => random.pick(times),
  number: ({ random }) => String(2 + random.below(60)),
};

type Pattern = (subject: Subject) => string;

/** One a line, whose `{slot}`s are filled in when called; a `{Slot}` with a capital letter. */
function patterns({ raw: [text] }: TemplateStringsArray): readonly Pattern[] {
  return text!.trim().split(/\n\s*/).map(patternOf);
}

function patternOf(line: string): Pattern {
  const parts = line.split(/[{}]/).map((part, index): Pattern => {
    if (index % 2 === 0) return () => part;
    const slot = slots[part.toLowerCase()]!;
    return part === part.toLowerCase() ? slot : (subject) => capitalised(slot(subject));
  });
  return (subject) => parts.reduce((filled, part) => filled + part(subject), "");
}

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

// Few of them, again and again: there are always posts of one title.
const series = ["Weekly notes", "Open thread", "Photo of the week", "Reading list", "Ask me anything"];
const oneInASeries = 0.04;

const titles = patterns`
  Notes on {thing}
  {Thing}, again
  {Thing} and {other}
  {Thing} and {other} in {place}
  {Thing} in {place}, day {number}
  {Thing}, part {number}
  What {place} taught me about {thing}
  From {elsewhere} to {place}: {thing} on the way
  A beginner's guide to {thing}
  Why I gave up on {other} for {thing}
  {Number} mistakes with {thing}
  HELP with {thing}, please!
  In praise of {thing}
  “No more {thing},” said {person}
  Looking for {thing} near {place}
  Letter {number} from {place}
  The year of {thing}
  Éclairs, {thing} and other plans for {place}
  re: {thing} {time}
  TIL about {thing} and {other}`;

const sentences = patterns`
  I thought about {thing} {time}, and I am still not sure.
  It began {time} in {place}, when {person} asked me about {thing}.
  Nobody told me how much patience goes into {thing}.
  The first try went wrong, the second one worse.
  There is more to say about {thing} than I expected.
  In {place} they do it differently, and I think they are right.
  What helped most was a notebook and a quiet hour {time}.
  Everything I know about {thing} I learned from {person}.
  {Person} laughed when I brought up {other}.
  We talked about it {time}, over coffee and a plate of biscuits.
  I would do it again, but with better shoes.
  If you ever pass through {place}, ask for {thing}.
  The photographs are blurred; the memory is not.
  I wrote most of this {time}, on the way to {elsewhere}.
  My advice: start small, keep notes and forget about {other}.
  By then it was dark, and {person} had gone home.
  It costs next to nothing and takes a whole weekend.
  Some of you asked for details, so here they are.
  After that I never looked at {thing} the same way.
  {Person} says the same of {other}, by the way.
  Next time I will read the instructions first.
  There were {number} of us, and one umbrella.
  It took {number} days and I regret none of them.
  Tell me below how you deal with {thing}.
  The weather in {place} did the rest.
  I had hoped for an easy answer and found {other} instead.
  More about {thing} when I am back from {elsewhere}.
  That was {time}; much has changed since.`;

/** A post's title, some of which come up often, and its text: two to four sentences, some thirty words. */
export function textsFrom(random: Random): { readonly title: string; readonly content: string } {
  const subject = { random, thing: random.pick(things), place: random.pick(places), person: random.pick(people) };
  const title = random.fraction() < oneInASeries ? random.pick(series) : random.pick(titles)(subject);
  const count = 2 + random.below(3);
  const said = [];
  // By steps that never come back to one before.
  for (let index = random.below(sentences.length); said.length < count; index += 1 + random.below(7))
    said.push(sentences[index % sentences.length]!(subject));
  return { title, content: said.join(" ") };
}

/** A person's name. */
export function nameFrom(random: Random): string {
  return `${random.pick(firstNames)} ${random.pick(lastNames)}`;
}
