/** Every script of Unicode, by its long name. */
const NAMES = `Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki
Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Common Coptic
Cuneiform Cypriot Cyrillic Deseret Devanagari Duployan Egyptian_Hieroglyphs Elbasan Ethiopic Georgian Glagolitic Gothic
Grantha Greek Gujarati Gurmukhi Han Hangul Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited
Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kayah_Li Kharoshthi Khmer Khojki Khudawadi
Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Malayalam Mandaic Manichaean Marchen Meetei_Mayek
Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean New_Tai_Lue Newa Nko
Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_South_Arabian Old_Turkic Oriya Osage
Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada
Shavian Siddham SignWriting Sinhala Sora_Sompeng Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet
Takri Tamil Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Ugaritic Vai Warang_Citi Yi`.split(/\s+/);

const SCRIPTS = NAMES.map((name) => ({ name, pattern: new RegExp(`^\\p{Script=${name}}$`, "u") }));
const known = new Map<string, string>();

/** The script of a character; a blank belongs to any, and Japanese's two syllabaries go with Han, as SentencePiece has it. */
function scriptOf(character: string): string {
  if (character === " ") return ANY;
  if (character === "\u30fc") return "Han";
  const found = known.get(character);
  if (found !== undefined) return found;
  const name = SCRIPTS.find(({ pattern }) => pattern.test(character))?.name ?? ANY;
  const script = name === "Hiragana" || name === "Katakana" ? "Han" : name;
  known.set(character, script);
  return script;
}
const ANY = "any";

/** Cuts where the script changes. What stands before the first character with a script is left out, as tokenizers does. */
export function splitByScript(text: string): string[] {
  let last: string | null = null;
  const pieces: string[] = [];
  for (const character of text) {
    const script = scriptOf(character);
    const begins = script !== ANY && script !== last;
    if (begins) pieces.push(character);
    else if (pieces.length > 0) pieces.push(pieces.pop()! + character);
    if (script !== ANY) last = script;
  }
  return pieces;
}
