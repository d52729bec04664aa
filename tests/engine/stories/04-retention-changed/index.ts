// Rows are kept for 60 days, an index goes, a setting comes.
import { evolved, story } from "../base";

story({ fills: evolved });
