package demo.api;

/** A paid order. It is also the response body, so its components have the names of the JSON fields. */
record Order(String id, String item, int quantity, long total_cents, String placed_at, String payment_id) {
    static final int MAX_QUANTITY = 20;
}
