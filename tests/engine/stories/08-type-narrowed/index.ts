// The text of an id would have to become a number.
import { evolved, story } from "../base";

story({ fills: { ...evolved, columns: { ...evolved.columns, event_id: { type: "UInt64", codec: "ZSTD(1)" } } } });
