const listOf = (text: string): readonly string[] => text.trim().split(/\s*[,\n]\s*/);

/** Names for the demonstration. They have letters beyond English, which have their own rules of search and order. */
export const givenNames = listOf(`
  Adéla, Bořek, Jiřina, Květa, Matěj, Ondřej, Řehoř, Štěpán, Žofie, Anneliese, Bärbel, Götz, Jörg, Käthe, Lüder, Sönke,
  Álvaro, Begoña, Íñigo, Lucía, Martín, Óscar, Rocío, Ximena, Anaïs, Benoît, Cécile, Éloi, Gaëlle, Hélène, Loïc, Zoé,
  Ágnes, Csaba, Győző, Ildikó, Márton, Örs, Réka, Tünde, Agnieszka, Bożena, Jędrzej, Łukasz, Michał, Paweł, Róża, Wacław,
  Åke, Björk, Göran, Hjördis, Märta, Östen, Sixten, Tove
`);

export const familyNames = listOf(`
  Beneš, Dvořák, Hrubý, Kříž, Němec, Procházka, Šimek, Vlček, Bäcker, Förster, Großmann, Kühn, Löffler, Müller, Schäfer,
  Weiß, Cañete, Durán, Gálvez, Ibáñez, León, Muñoz, Peña, Vázquez, Bézier, Côté, Dufrêne, Lefèvre, Maçon, Noël, Prévost,
  Ségur, Bíró, Erdős, Fülöp, Kővári, Lőrincz, Pásztor, Szűcs, Vörös, Bąk, Dąbek, Gołąb, Jeż, Krzyżak, Mróz, Wiśniewska,
  Żuraw, Åberg, Bäckström, Dahlgård, Hägg, Löfgren, Nordström, Sjöö, Öberg
`);

/** The names by which texts call people. */
export const friends = listOf(
  `Alma, Basil, Cora, Desmond, Edith, Fergus, Greta, Horace, Imogen, Jasper, Lottie, Monty`,
);

export const places = listOf(`
  Český Krumlov, Kroměříž, Třeboň, Zábřeh, Goslar, Münster, Tübingen, Würzburg, Cáceres, Cádiz, Logroño, Mérida, Angers,
  Besançon, Nîmes, Vénissieux, Győr, Kőszeg, Pécs, Vöröstó, Gdańsk, Łódź, Toruń, Węgorzewo, Gävle, Skellefteå, Växjö, Örebro
`);

export const dishes = listOf(`
  Apricot Dumplings, Arroz Negro, Aubergine Parcels, Baked Beans, Barley Risotto, Bean Stew, Beetroot Soup, Bigos, Black Pudding
  Blueberry Pancakes, Bouillabaisse, Braised Leeks, Bread Pudding, Buckwheat Galettes, Cabbage Rolls, Cardamom Buns
  Carrot Cake, Cauliflower Cheese, Cherry Clafoutis, Chestnut Purée, Chickpea Curry, Chilled Cucumber Soup, Cinnamon Rolls
  Cod with Parsley, Crème Brûlée, Crispbread, Croquetas, Dill Potatoes, Dobos Torte, Empanadas, Fennel Salad, Fish Cakes
  Flammkuchen, Fried Herring, Garlic Soup, Gâteau Basque, Goulash, Gravlax, Green Pea Purée, Grilled Sardines, Gugelhupf
  Halászlé, Honey Cake, Jansson's Temptation, Käsespätzle, Kohlrabi Schnitzel, Lamb Hotpot, Lángos, Lemon Tart, Lentil Soup
  Lingonberry Jam, Marrow Chutney, Mushroom Pie, Mustard Eggs, Nettle Soup, Noodle Bake, Oatcakes, Onion Tart, Pea Soup
  Pear Crumble, Pepper Stew, Pierogi, Pisto Manchego, Plum Cake, Poppy Seed Roll, Potato Salad, Pumpkin Gnocchi, Quince Paste
  Ratatouille, Rhubarb Fool, Rye Bread, Salmorejo, Sauerkraut, Sorrel Omelette, Stuffed Peppers, Svíčková, Tarte Flambée
  Tortilla Española, Walnut Bread, Żurek
`);

export const books = listOf(`
  Bleak House, Candide, Carmilla, Cranford, Don Quixote, Dracula, Effi Briest, Emma, Far from the Madding Crowd, Faust
  Frankenstein, Germinal, Great Expectations, Gulliver's Travels, Jane Eyre, Kidnapped, Kim, Les Misérables, Little Women
  Madame Bovary, Middlemarch, Moby-Dick, Nana, Northanger Abbey, Persuasion, Quo Vadis, Robinson Crusoe, Silas Marner
  The Doll, The Good Soldier Švejk, The Gösta Berling Saga, The Idiot, The Jungle Book, The Moonstone, The Pickwick Papers
  The Time Machine, Three Men in a Boat, Treasure Island, Villette, Wuthering Heights
`);

/** Sentences for the slot `description`, which have slots themselves. */
export const descriptions = [
  "A bowl of {{other}}, warm bread beside it, and nobody spoke for a while.",
  "{{dish}} the old way, slowly, with more butter than anybody admits.",
  "The secret of {{dish}} is patience, and a pinch of salt at the end.",
  "Crisp outside, soft within, and gone before the plates were on the table.",
  "Half the recipe is in {{book}}, the other half I made up.",
  "It keeps for a week, or so they say in {{place}}. Ours lasted an evening.",
  "A sauce of sour cream and dill, which forgives every mistake.",
  "Leave it overnight. {{other}} can't be hurried either.",
  "Peel, chop, stir and wait: the whole art of {{dish}} in four words.",
  "My grandmother's handwriting says “enough flour”, and it took me years to learn how much that is.",
  "Serve it with pickles, and with a view if there is one.",
  "We ate {{other}} on the steps, since all the chairs were in {{elsewhere}}.",
];
