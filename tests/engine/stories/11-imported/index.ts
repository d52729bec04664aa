// A table that somebody made by hand is taken under management.
import { former, story, successor } from "../base";

story({ successor, imported: { ...former, name: "by_hand", import: "story.by_hand" } });
