# Get workflow execution status
curl -X GET http://localhost:8080/api/v1/executions/exec-uuid-123 \
  -H "Authorization: Bearer your-api-token"

# Get workflow execution results
curl -X GET http://localhost:8080/api/v1/executions/exec-uuid-123/results \
  -H "Authorization: Bearer your-api-token"

# Get workflow metrics
curl -X GET http://localhost:8080/api/v1/workflows/order_processing/metrics \
  -H "Authorization: Bearer your-api-token"

# Stream real-time execution events
curl -X GET http://localhost:8080/api/v1/executions/exec-uuid-123/stream \
  -H "Authorization: Bearer your-api-token" \
  -H "Accept: text/event-stream"
