// Another sort key.
import { evolved, story } from "../base";

story({ fills: { ...evolved, orderBy: ["symbol", "event_id"] } });
