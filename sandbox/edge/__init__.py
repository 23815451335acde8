"""The CDN in front of the frontends' bucket: two edge locations with a real cache, and CloudFront's own calls."""
