# Execute workflow via REST API
curl -X POST http://localhost:8080/api/v1/workflows/order_processing/execute \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer your-api-token" \
  -d '{
    "input": {
      "order_id": "order-123",
      "customer_id": "customer-456",
      "items": [
        {
          "product_id": "product-789",
          "quantity": 2,
          "price": 29.99
        }
      ],
      "payment_method": "credit_card",
      "shipping_address": {
        "street": "123 Main St",
        "city": "San Francisco",
        "state": "CA",
        "zip": "94105"
      }
    },
    "metadata": {
      "source": "web",
      "user_agent": "Mozilla/5.0..."
    }
  }'
