// Each follows "about", "with" or "of" without an article, and no verb below agrees with one.
export const things =
  `sourdough|rye bread|croissants|crème brûlée|jalapeño jam|plum dumplings|piñatas|smörgåsbord leftovers|
  window boxes|compost heaps|tomatoes|crab apples|hedgehogs|swifts|garden gates|bicycle chains|gravel roads|ferry timetables|
  night trains|sleeper cars|railway cafés|tram lines|old maps|lighthouses|tide tables|darkrooms|pinhole cameras|
  short-wave radio|accordions|choir practice|vinyl records|fountain pens|typewriters|bookbinding|crosswords|detective novels|
  second-hand books|public libraries|house moves|leaking taps|door handles|squeaky floors|knitting|darning|indigo dye|
  chess clubs|table tennis|winter swimming|long walks|mushroom walks|beekeeping|sundials|telescopes|weather diaries|kites|
  village fêtes|flea markets|coffee grinders|teapots|naïve questions|résumés|meeting notes|code reviews|naming things|
  time zones|backups|spreadsheets|keyboard shortcuts|unit tests|rubber ducks|language lessons|pen friends|house plants|
  jigsaw puzzles|paper boats|origami|board games|campfires|hammocks|rain barrels|snow shovels|first aid|night shifts`.split(
    /\s*\|\s*/,
  );

export const places =
  `Kraków|São Paulo|Zürich|Malmö|Reykjavík|Besançon|Córdoba|Québec|Tromsø|Århus|Łódź|Plzeň|Győr|Düsseldorf|
  Montréal|Orléans|Porto|Leeds|Galway|Tallinn|Ljubljana|Ghent|Bergen|Osaka|Nairobi|Valparaíso`.split(/\s*\|\s*/);

export const people = `my neighbour|my sister|an old friend|the woman at the market|our postman|a retired engineer|
  my grandfather|the librarian|a stranger on the train|somebody from the choir|my daughter|the man next door`.split(
  /\s*\|\s*/,
);

export const times = `last winter|last week|on Sunday|this morning|before breakfast|after work|last summer|in the rain|
  years ago|one evening in May|during the holidays|on a Tuesday`.split(/\s*\|\s*/);

export const firstNames =
  `Agnès|Bram|Céline|Dilan|Élodie|Farid|Gül|Håkan|Ilse|João|Kofi|Léa|Marek|Nóra|Oisín|Priya|Quentin|
  Renée|Søren|Tomás|Ulla|Violeta|Wanda|Xiomara|Yuki|Zoë`.split(/\s*\|\s*/);
export const lastNames =
  `Albrecht|Bašić|Castaño|Dubois|Eriksen|Fontaine|Grönholm|Hoàng|Ibáñez|Jansen|Kováč|Lemaître|Murphy|Nakata|
  Okafor|Petrov|Quist|Rossi|Szabó|Torres|Udo|Vermeer|Weiß|Yılmaz|Zając`.split(/\s*\|\s*/);
