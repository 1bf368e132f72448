select pnr, kom from {{ source('raw', 'people') }}
