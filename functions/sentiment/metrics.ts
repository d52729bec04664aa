// The figures of the crawler and of scoring, at /metrics.
import { Counter, Gauge, type Registry } from "prom-client";

/** What the crawler counts. */
export class CrawlerMetrics {
    private readonly posts: Counter;
    private readonly entries: Counter;
    private readonly looks: Counter;

    constructor(registry: Registry) {
        const counter = (name: string, help: string, labelNames: string[]): Counter =>
            new Counter({ name, help, labelNames, registers: [registry] });
        this.posts = counter("sentiment_posts_total", "Rows of social_posts Kafka acknowledged, by source", ["source"]);
        this.entries = counter(
            "sentiment_entries_skipped_total",
            "Entries that were not stored, by source and reason",
            ["source", "reason"],
        );
        this.looks = counter("sentiment_looks_total", "Looks at a source, by outcome", ["source", "outcome"]);
    }

    published(source: string, rows: number): void {
        this.posts.inc({ source }, rows);
    }

    skipped(source: string, reason: string, entries: number): void {
        this.entries.inc({ source, reason }, entries);
    }

    looked(source: string, outcome: "ok" | "failed"): void {
        this.looks.inc({ source, outcome });
    }
}

/** What scoring counts. */
export class ScoringMetrics {
    private readonly scores: Counter;
    private readonly unscored: Counter;
    private readonly calls: Counter;
    private readonly spent: Gauge;

    constructor(registry: Registry) {
        const registers = [registry];
        this.scores = new Counter({
            name: "sentiment_scores_total",
            help: "Scores Kafka acknowledged, by model and label",
            labelNames: ["model", "label"],
            registers,
        });
        this.unscored = new Counter({
            name: "sentiment_unscored_total",
            help: "Posts that got no score, by model and reason",
            labelNames: ["model", "reason"],
            registers,
        });
        this.calls = new Counter({
            name: "sentiment_model_calls_total",
            help: "Calls of the model's server, by outcome",
            labelNames: ["outcome"],
            registers,
        });
        this.spent = new Gauge({ name: "sentiment_tokens_spent", help: "Model tokens spent this UTC day", registers });
    }

    scored(model: string, label: string): void {
        this.scores.inc({ model, label });
    }

    notScored(model: string, reason: string, posts: number): void {
        this.unscored.inc({ model, reason }, posts);
    }

    called(outcome: string): void {
        this.calls.inc({ outcome });
    }

    spentToday(tokens: number): void {
        this.spent.set(tokens);
    }
}
