// The price gets another codec and room for more digits, the side a third word; everything else stays.
import { changed, story } from "../base";

story({ fills: changed });
