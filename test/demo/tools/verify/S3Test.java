package demo.tools.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class S3Test {
    /** The example "GET Bucket (List Objects)" of the AWS Signature Version 4 documentation. */
    @Test
    void signsTheDocumentedExampleAsDocumented() {
        try (var http = new Http()) {
            var s3 = new S3(http, URI.create("http://examplebucket.s3.amazonaws.com"), "AKIAIOSFODNN7EXAMPLE",
                    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1", InstantSource.system());

            var header = s3.authorization("examplebucket.s3.amazonaws.com", "/", "max-keys=2&prefix=J", Instant.parse("2013-05-24T00:00:00Z"));

            assertEquals("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                    + "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
                    + "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7", header);
        }
    }
}
