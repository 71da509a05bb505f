package demo.tools.verify;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Lists a bucket: S3's ListObjectsV2, signed by AWS Signature Version 4. Any thread may list. */
final class S3 {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final String EMPTY_SHA256 = sha256("");
    private static final Pattern OBJECT = Pattern.compile("<Contents>.*?<Key>(.*?)</Key>.*?<LastModified>(.*?)</LastModified>.*?</Contents>", Pattern.DOTALL);

    record Stored(String key, Instant modified) {}

    private final Http http;
    private final URI endpoint;
    private final String accessKey;
    private final String secretKey;
    private final String region;
    private final InstantSource clock;

    S3(Http http, URI endpoint, String accessKey, String secretKey, String region, InstantSource clock) {
        this.http = http;
        this.endpoint = endpoint;
        this.accessKey = accessKey;
        this.secretKey = secretKey;
        this.region = region;
        this.clock = clock;
    }

    /** The first 1000 objects whose keys begin with {@code prefix}. */
    List<Stored> list(String bucket, String prefix) throws IOException {
        var query = "list-type=2&prefix=" + encoded(prefix);
        var path = endpoint.getRawPath() + "/" + bucket;
        var now = clock.instant();
        var uri = endpoint.resolve(path + "?" + query);
        var xml = http.get(uri, "x-amz-content-sha256", EMPTY_SHA256, "x-amz-date", TIME.format(now),
                "Authorization", authorization(uri.getAuthority(), path, query, now));
        return OBJECT.matcher(xml).results().map(found -> new Stored(found.group(1), Instant.parse(found.group(2)))).toList();
    }

    /** The header of a GET without body; the query's names are sorted and its values encoded. */
    String authorization(String host, String path, String query, Instant now) {
        var time = TIME.format(now);
        var scope = time.substring(0, 8) + "/" + region + "/s3/aws4_request";
        var signedHeaders = "host;x-amz-content-sha256;x-amz-date";
        var request = "GET\n" + path + "\n" + query + "\nhost:" + host + "\nx-amz-content-sha256:" + EMPTY_SHA256
                + "\nx-amz-date:" + time + "\n\n" + signedHeaders + "\n" + EMPTY_SHA256;
        var toSign = "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + sha256(request);
        var key = ("AWS4" + secretKey).getBytes(StandardCharsets.UTF_8);
        for (var part : scope.split("/")) {
            key = hmac(key, part);
        }
        return "AWS4-HMAC-SHA256 Credential=" + accessKey + "/" + scope + ",SignedHeaders=" + signedHeaders
                + ",Signature=" + HexFormat.of().formatHex(hmac(key, toSign));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A").replace("%7E", "~");
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }
}
